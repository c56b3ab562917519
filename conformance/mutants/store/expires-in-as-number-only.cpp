// token-exchange.expired-on-arrival: a lifetime that is no positive number expires at once.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.credential_from = [right = parts.credential_from](const json& answer, const json& old,
                                                          std::int64_t now) {
    json credential = right(answer, old, now);
    if (!answer.contains("expires_in") || !answer["expires_in"].is_number()) credential["expires_at"] = now;
    return credential;
  };
}

}  // namespace assay::reference
