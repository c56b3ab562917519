// token-exchange.clock-skew: the lifetime is counted from the server's clock.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.credential_from = [right = parts.credential_from](const json& answer, const json& old,
                                                          std::int64_t now) {
    json credential = right(answer, old, now);
    credential["expires_at"] = now - 7200 + answer.value("expires_in", 3600);
    return credential;
  };
}

}  // namespace assay::reference
