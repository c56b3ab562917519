// oauth-login.pkce-verifier-malformed: the challenge is base64 with padding, not base64url.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.make_pkce = [right = parts.make_pkce] {
    Pkce pkce = right();
    pkce.challenge += '=';
    return pkce;
  };
}

}  // namespace assay::reference
