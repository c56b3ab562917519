#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/place.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_half_close(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "");
  const auto place = read_place(p);
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  const Layout where = layout(script);
  if (!place && where.endless) return fail("the body has no end");
  auto at = resolve_one(where, place, where.total);
  if (!at) return tl::unexpected(at.error());
  return end_at(std::move(script), *at, {{HalfClose{}}, {Stall{}}});
}

}  // namespace

Fault half_close() {
  return {
      .name = "half-close",
      .level = FaultLevel::script,
      .description = "FIN at the place while the server keeps reading; without a place, after the last byte",
      .parameters = "wire, header, byte, chunk, event: N | end",
      .example = R"({"event": 1})",
      .on_script = apply_half_close};
}

}  // namespace assay::wire::faults
