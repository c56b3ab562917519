#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {

Result<Response> apply_event_names(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "to");
  const auto to = p.text("to");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  return edit_sse(std::move(response), [&](const SseBody& body, BodyEdits& edits) -> Result<void> {
    bool changed = false;
    for (const SseEvent& event : body.events) {
      for (const SseLine& line : event.lines) {
        if (line.field() != "event") continue;
        edits.replace(line.begin, line.next, "");
        changed = true;
      }
      if (!to || !has_data(event)) continue;
      edits.insert(event.begin, body.in_its_line_ends("event: " + *to + "\n"));
      changed = true;
    }
    if (!changed) return fail("no event has an event field");
    return {};
  });
}

}  // namespace

Fault event_names() {
  return {.name = "event-names",
          .level = FaultLevel::exchange,
          .description = "Every event has an event field with the given name, or none has one",
          .parameters = "to: TEXT (no event field)",
          .example = R"("message")",
          .on_exchange = apply_event_names};
}

}  // namespace assay::wire::faults
