#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/place.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_rst(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "");
  const auto place = read_place(p);
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  auto at = resolve_one(layout(script), place, 0);
  if (!at) return tl::unexpected(at.error());
  return end_at(std::move(script), *at, {{Reset{}}});
}

}  // namespace

Fault rst() {
  return {.name = "rst",
          .level = FaultLevel::script,
          .description = "Connection reset (RST) at the place; without a place, before the first byte",
          .parameters = "wire, header, byte, chunk, event: N | end",
          .example = R"({"event": 1})",
          .on_script = apply_rst};
}

}  // namespace assay::wire::faults
