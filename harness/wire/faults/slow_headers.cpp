#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/place.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_slow_headers(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "gap");
  if (!p.given("gap")) p.wrong("expected gap: DURATION");
  const auto gap = p.duration("gap").value_or(Micros(0));
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  const Layout where = layout(script);
  if (where.headers.empty()) return fail("the message has no headers");
  const auto blank_line = place_at_end(where, PlaceUnit::header);
  if (!blank_line) return tl::unexpected(blank_line.error());
  std::vector<std::size_t> places = where.headers;
  places.push_back(*blank_line);
  return insert_steps(std::move(script), places, {{Wait{gap}}});
}

}  // namespace

Fault slow_headers() {
  return {.name = "slow-headers",
          .level = FaultLevel::script,
          .description = "Delay before each header line and before the blank line",
          .parameters = "gap: DURATION",
          .example = R"("1ms")",
          .lossless = true,
          .on_script = apply_slow_headers};
}

}  // namespace assay::wire::faults
