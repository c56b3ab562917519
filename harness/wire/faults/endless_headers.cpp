#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/place.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_endless_headers(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "line");
  const auto line = p.text("line").value_or("X-Filler: " + std::string(1000, 'x'));
  const auto every = p.duration("every");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  Steps steps;
  if (every) steps.push_back({Wait{*every}});
  steps.push_back({Write{line + "\r\n", {{0, MarkKind::header}}}});
  const auto at = place_at_end(layout(script), PlaceUnit::header);
  if (!at) return tl::unexpected(at.error());
  return end_at(std::move(script), *at, {{Repeat{0, std::move(steps)}}});
}

}  // namespace

Fault endless_headers() {
  return {.name = "endless-headers",
          .level = FaultLevel::script,
          .description = "Endless headers: the same header line repeats after the last one",
          .parameters = "line: TEXT (a name and 1,000 x); every: DURATION between two",
          .example = "null",
          .on_script = apply_endless_headers};
}

}  // namespace assay::wire::faults
