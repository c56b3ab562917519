#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_bom(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "event");
  const auto event = p.integer("event");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  if (!event) {
    if (auto plain = not_coded(response); !plain) return tl::unexpected(plain.error());
    BodyEdits edits;
    edits.insert(0, "\xEF\xBB\xBF");
    return edits.apply(std::move(response));
  }
  return edit_sse(std::move(response), [&](const SseBody& body, BodyEdits& edits) -> Result<void> {
    auto i = event_index(*event, body.events.size(), false);
    if (!i) return tl::unexpected(i.error());
    edits.insert(body.events[*i].begin, "\xEF\xBB\xBF");
    return {};
  });
}

}  // namespace

Fault bom() {
  return {.name = "bom",
          .level = FaultLevel::exchange,
          .description = "Byte order mark before the first byte, or at the start of an event",
          .parameters = "event: N (before the first byte of the body)",
          .example = "null",
          .on_exchange = apply_bom};
}

}  // namespace assay::wire::faults
