#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/place.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_fin(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "");
  const auto place = read_place(p);
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  auto at = resolve_one(layout(script), place, 0);
  if (!at) return tl::unexpected(at.error());
  return end_at(std::move(script), *at, {{Close{}}});
}

}  // namespace

Fault fin() {
  return {
      .name = "fin",
      .level = FaultLevel::script,
      .description = "Connection closed cleanly (FIN) at the place; without a place, before the first byte",
      .parameters = "wire, header, byte, chunk, event: N | end",
      .example = R"({"event": "end"})",
      .on_script = apply_fin};
}

}  // namespace assay::wire::faults
