#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_drop_done(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  return edit_sse(std::move(response), [](const SseBody& body, BodyEdits& edits) -> Result<void> {
    bool found = false;
    for (const SseEvent& event : body.events) {
      if (!event.is_done()) continue;
      edits.replace(event.begin, event.end, "");
      found = true;
    }
    if (!found) return fail("the stream has no [DONE]");
    return {};
  });
}

}  // namespace

Fault drop_done() {
  return {.name = "drop-done",
          .level = FaultLevel::exchange,
          .description = "Stream without its [DONE] event",
          .parameters = "",
          .example = "null",
          .on_exchange = apply_drop_done};
}

}  // namespace assay::wire::faults
