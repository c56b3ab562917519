#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_duplicate_event(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "event");
  const auto event = p.integer("event").value_or(0);
  const auto count = p.integer("count", 1, 10'000).value_or(1);
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  return edit_sse(std::move(response), [&](const SseBody& body, BodyEdits& edits) -> Result<void> {
    auto i = event_index(event, body.events.size(), false);
    if (!i) return tl::unexpected(i.error());
    const SseEvent& e = body.events[*i];
    for (std::int64_t n = 0; n < count; ++n) edits.insert(e.end, e.separator() + std::string(e.text));
    return {};
  });
}

}  // namespace

Fault duplicate_event() {
  return {.name = "duplicate-event",
          .level = FaultLevel::exchange,
          .description = "Duplicate event",
          .parameters = "event: N (0); count: N extra copies (1)",
          .example = "1",
          .on_exchange = apply_duplicate_event};
}

}  // namespace assay::wire::faults
