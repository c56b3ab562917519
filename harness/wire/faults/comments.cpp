#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_comments(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "text");
  const auto text = p.text("text").value_or(" keepalive");
  const EventChoice choice = read_events(p, std::nullopt);
  const auto count = p.integer("count", 1, 100'000).value_or(1);
  const bool blank = p.boolean("blank").value_or(true);
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  std::string lines;
  for (std::int64_t i = 0; i < count; ++i) lines += ":" + text + (blank ? "\n\n" : "\n");
  return insert_before_events(std::move(response), choice, lines);
}

}  // namespace

Fault comments() {
  return {.name = "comments",
          .level = FaultLevel::exchange,
          .description = "SSE comment lines between events",
          .parameters =
              "text: TEXT ( keepalive); event: N | [N...] | every, to insert them before (every); count: N "
              "at each place (1); blank: true | false, a blank line after each (true)",
          .example = R"({"event": 0, "count": 3, "text": " OPENROUTER PROCESSING"})",
          .on_exchange = apply_comments};
}

}  // namespace assay::wire::faults
