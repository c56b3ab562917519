#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/params.h"

namespace assay::wire::faults {
namespace {

Result<ListenerMode> apply_tls(const nlohmann::json& params) {
  Params p(params, "failure");
  const auto failure = p.one_of(
      "failure", {"expired", "wrong-host", "self-signed", "unknown-ca", "handshake-close", "not-tls"});
  if (!p.given("failure")) p.wrong("expected failure");
  const auto time = p.duration("for").value_or(Micros(0));
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  return ListenerMode{ListenerMode::Kind::tls_failure, time, *failure};
}

}  // namespace

Fault tls() {
  return {.name = "tls",
          .level = FaultLevel::listener,
          .description = "TLS handshake fails in the given way, permanently or for a time",
          .parameters =
              "failure: expired | wrong-host | self-signed | unknown-ca | handshake-close | not-tls; for: "
              "DURATION (for ever)",
          .example = R"("expired")",
          .on_listener = apply_tls};
}

}  // namespace assay::wire::faults
