#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/place.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_delay(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "for");
  if (!p.given("for")) p.wrong("expected for: DURATION");
  const auto time = p.duration("for").value_or(Micros(0));
  const auto place = read_place(p, true);
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  if (!place) return insert_steps(std::move(script), {0}, {{Wait{time}}});
  auto places = resolve(layout(script), *place);
  if (!places) return tl::unexpected(places.error());
  return insert_steps(std::move(script), *places, {{Wait{time}}});
}

}  // namespace

Fault delay() {
  return {.name = "delay",
          .level = FaultLevel::script,
          .description = "Delay at the place; without a place, before the first byte",
          .parameters = "for: DURATION; wire, header, byte, chunk, event: N | [N...] | every | end",
          .example = R"({"event": 1, "for": "5ms"})",
          .lossless = true,
          .on_script = apply_delay};
}

}  // namespace assay::wire::faults
