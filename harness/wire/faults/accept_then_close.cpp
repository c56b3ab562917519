#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/params.h"

namespace assay::wire::faults {
namespace {

Result<ListenerMode> apply_accept_then_close(const nlohmann::json& params) {
  Params p(params, "for");
  const auto time = p.duration("for").value_or(Micros(0));
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  return ListenerMode{ListenerMode::Kind::accept_then_close, time, ""};
}

}  // namespace

Fault accept_then_close() {
  return {.name = "accept-then-close",
          .level = FaultLevel::listener,
          .description = "Connections are accepted and closed at once, permanently or for a time",
          .parameters = "for: DURATION (permanent)",
          .example = "null",
          .on_listener = apply_accept_then_close};
}

}  // namespace assay::wire::faults
