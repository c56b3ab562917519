#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_strip_data(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "event");
  const EventChoice choice = read_events(p, -1);
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  return edit_sse(std::move(response), [&](const SseBody& body, BodyEdits& edits) -> Result<void> {
    auto chosen = choose_events(body, choice, has_data, "data line");
    if (!chosen) return tl::unexpected(chosen.error());
    for (const std::size_t i : *chosen) {
      for (const SseLine& line : body.events[i].lines) {
        if (line.field() == "data") edits.replace(line.begin, line.next, "");
      }
    }
    return {};
  });
}

}  // namespace

Fault strip_data() {
  return {.name = "strip-data",
          .level = FaultLevel::exchange,
          .description = "Event without a data line",
          .parameters = "event: N | [N...] (the last)",
          .example = "0",
          .on_exchange = apply_strip_data};
}

}  // namespace assay::wire::faults
