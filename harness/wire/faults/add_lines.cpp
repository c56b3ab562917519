#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_add_lines(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "lines");
  const EventChoice choice = read_events(p, std::nullopt);
  std::string lines;
  const nlohmann::json* given = p.value("lines");
  if (given == nullptr) p.wrong("expected lines");
  if (given != nullptr) {
    const nlohmann::json list = given->is_array() ? *given : nlohmann::json::array({*given});
    for (const nlohmann::json& line : list) {
      if (!line.is_string()) p.wrong("lines: expected texts, found " + as_text(line));
      if (line.is_string()) lines += line.get<std::string>() + "\n";
    }
  }
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  return insert_before_events(std::move(response), choice, lines);
}

}  // namespace

Fault add_lines() {
  return {.name = "add-lines",
          .level = FaultLevel::exchange,
          .description = "Extra lines at the start of an event: id, retry, unknown fields, anything",
          .parameters = "lines: [TEXT...]; event: N | [N...] | every (every)",
          .example = R"({"lines": ["id: 1", "retry: 10x", "foo: bar", "lonely"], "event": 0})",
          .on_exchange = apply_add_lines};
}

}  // namespace assay::wire::faults
