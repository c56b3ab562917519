#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/params.h"

namespace assay::wire::faults {
namespace {

Result<ListenerMode> apply_refuse(const nlohmann::json& params) {
  Params p(params, "for");
  const auto time = p.duration("for").value_or(Micros(0));
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  return ListenerMode{ListenerMode::Kind::refuse, time, ""};
}

}  // namespace

Fault refuse() {
  return {.name = "refuse",
          .level = FaultLevel::listener,
          .description = "Connections refused, permanently or for a time",
          .parameters = "for: DURATION (permanent)",
          .example = R"("2s")",
          .on_listener = apply_refuse};
}

}  // namespace assay::wire::faults
