#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_drop_event(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "event");
  const EventChoice choice = read_events(p, -1);
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  return edit_sse(std::move(response), [&](const SseBody& body, BodyEdits& edits) -> Result<void> {
    auto chosen = choose_events(body, choice, any_event, "place");
    if (!chosen) return tl::unexpected(chosen.error());
    for (const std::size_t i : *chosen) edits.replace(body.events[i].begin, body.events[i].end, "");
    return {};
  });
}

}  // namespace

Fault drop_event() {
  return {.name = "drop-event",
          .level = FaultLevel::exchange,
          .description = "Missing events",
          .parameters = "event: N | [N...] (the last)",
          .example = "1",
          .on_exchange = apply_drop_event};
}

}  // namespace assay::wire::faults
