#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/place.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_stall(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "");
  const auto place = read_place(p);
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  auto at = resolve_one(layout(script), place, 0);
  if (!at) return tl::unexpected(at.error());
  return end_at(std::move(script), *at, {{Stall{}}});
}

}  // namespace

Fault stall() {
  return {.name = "stall",
          .level = FaultLevel::script,
          .description =
              "No more bytes from the place on, connection stays open; without a place, from the start",
          .parameters = "wire, header, byte, chunk, event: N | end",
          .example = R"({"event": 1})",
          .on_script = apply_stall};
}

}  // namespace assay::wire::faults
