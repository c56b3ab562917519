#include "harness/base/text.h"
#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
std::string data_lines(const std::string& text) {
  std::string out;
  for (const std::string_view line : split(text, '\n')) out += "data: " + std::string(line) + "\n";
  return out;
}

Result<Response> apply_insert_event(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "data");
  const auto event = p.integer("event").value_or(0);
  const auto name = p.text("name");
  const auto raw = p.text("raw");
  const nlohmann::json* data = p.value("data");
  if (raw && (name || data != nullptr)) p.wrong("raw stands alone");
  if (!raw && !name && data == nullptr) p.wrong("expected name, data or raw");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  std::string text = raw.value_or("");
  if (name) text += "event: " + *name + "\n";
  if (data != nullptr) text += data_lines(data->is_string() ? data->get<std::string>() : as_text(*data));
  if (!raw) text += "\n";
  return edit_sse(std::move(response), [&](const SseBody& body, BodyEdits& edits) -> Result<void> {
    auto i = event_index(event, body.events.size(), true);
    if (!i) return tl::unexpected(i.error());
    edits.insert(body.begin_of(*i), body.separator_before(*i) + (raw ? text : body.in_its_line_ends(text)));
    return {};
  });
}

}  // namespace

Fault insert_event() {
  return {.name = "insert-event",
          .level = FaultLevel::exchange,
          .description = "Extra event",
          .parameters =
              "data: TEXT or JSON, no data line without it; name: TEXT (its event field); raw: TEXT "
              "instead; event: N before which it stands (0)",
          .example = R"({"event": 1, "name": "ping", "data": ""})",
          .on_exchange = apply_insert_event};
}

}  // namespace assay::wire::faults
