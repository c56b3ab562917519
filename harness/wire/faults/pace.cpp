#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/place.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_pace(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "every");
  if (!p.given("every")) p.wrong("expected every: DURATION");
  const auto time = p.duration("every").value_or(Micros(0));
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  const Layout where = layout(script);
  if (auto ok = nothing_hidden(where); !ok) return tl::unexpected(ok.error());
  const PlaceUnit unit = where.events.empty() ? PlaceUnit::chunk : PlaceUnit::event;
  auto places = resolve(where, {.unit = unit, .indices = {}, .end = false, .every = true});
  if (!places) return tl::unexpected(places.error());
  places->erase(places->begin());
  if (places->empty()) return fail("the body comes in one piece");
  return insert_steps(std::move(script), *places, {{Wait{time}}});
}

}  // namespace

Fault pace() {
  return {.name = "pace",
          .level = FaultLevel::script,
          .description = "Fixed time between two events, or between two chunks of a body without events",
          .parameters = "every: DURATION",
          .example = R"("1ms")",
          .lossless = true,
          .on_script = apply_pace};
}

}  // namespace assay::wire::faults
