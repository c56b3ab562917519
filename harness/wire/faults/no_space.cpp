#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_no_space(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  return edit_sse(std::move(response), [](const SseBody& body, BodyEdits& edits) -> Result<void> {
    for (const SseEvent& event : body.events) {
      for (const SseLine& line : event.lines) {
        const std::size_t colon = line.text.find(": ");
        if (colon != std::string_view::npos && colon == line.field().size()) {
          edits.replace(line.begin + colon + 1, line.begin + colon + 2, "");
        }
      }
    }
    return {};
  });
}

}  // namespace

Fault no_space() {
  return {.name = "no-space",
          .level = FaultLevel::exchange,
          .description = "No space after the colon of any field",
          .parameters = "",
          .example = "null",
          .on_exchange = apply_no_space};
}

}  // namespace assay::wire::faults
