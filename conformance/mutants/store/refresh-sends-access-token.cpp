// token-exchange.wrong-token-kind-for-hop: the access token is sent where the refresh token belongs.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.credential_from = [right = parts.credential_from](const json& answer, const json& old,
                                                          std::int64_t now) {
    json credential = right(answer, old, now);
    if (credential.contains("refresh_token")) credential["refresh_token"] = credential["access_token"];
    return credential;
  };
}

}  // namespace assay::reference
