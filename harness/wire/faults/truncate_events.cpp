#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_truncate_events(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "event");
  const auto event = p.integer("event").value_or(-1);
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  return edit_sse(std::move(response), [&](const SseBody& body, BodyEdits& edits) -> Result<void> {
    auto i = event_index(event, body.events.size(), false);
    if (!i) return tl::unexpected(i.error());
    edits.replace(body.events[*i].begin, body.bytes.size(), "");
    return {};
  });
}

}  // namespace

Fault truncate_events() {
  return {.name = "truncate-events",
          .level = FaultLevel::exchange,
          .description = "Clean end after the given number of events; the rest is left out",
          .parameters = "event: N (all but the last)",
          .example = R"({"event": 3})",
          .on_exchange = apply_truncate_events};
}

}  // namespace assay::wire::faults
