// token-exchange.rotated-token-not-saved: the rotated refresh token is used once and not kept.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.credential_from = [right = parts.credential_from](const json& answer, const json& old,
                                                          std::int64_t now) {
    json credential = right(answer, old, now);
    if (old.is_object() && old.contains("refresh_token")) credential["refresh_token"] = old["refresh_token"];
    return credential;
  };
}

}  // namespace assay::reference
