#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/place.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_hold(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "name");
  const auto name = p.text("name");
  if (!p.given("name")) p.wrong("expected name: TEXT");
  const auto place = read_place(p);
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  auto at = resolve_one(layout(script), place, 0);
  if (!at) return tl::unexpected(at.error());
  return insert_steps(std::move(script), {*at}, {{Hold{*name}}});
}

}  // namespace

Fault hold() {
  return {.name = "hold",
          .level = FaultLevel::script,
          .description =
              "Waits at the place until the case releases the name; without a place, before the first byte",
          .parameters = "name: TEXT; wire, header, byte, chunk, event: N | end",
          .example = R"({"name": "first-token", "event": 1})",
          .lossless = true,
          .on_script = apply_hold};
}

}  // namespace assay::wire::faults
