#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/params.h"

namespace assay::wire::faults {
namespace {

Result<ListenerMode> apply_never_read(const nlohmann::json& params) {
  Params p(params, "for");
  const auto time = p.duration("for").value_or(Micros(0));
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  return ListenerMode{ListenerMode::Kind::never_read, time, ""};
}

}  // namespace

Fault never_read() {
  return {.name = "never-read",
          .level = FaultLevel::listener,
          .description = "Connections are accepted but never read from, permanently or for a time",
          .parameters = "for: DURATION (permanent)",
          .example = "null",
          .on_listener = apply_never_read};
}

}  // namespace assay::wire::faults
