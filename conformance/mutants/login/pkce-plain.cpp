// oauth-login.pkce-method-downgrade: the challenge is the verifier itself.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.make_pkce = [right = parts.make_pkce] {
    Pkce pkce = right();
    pkce.challenge = pkce.verifier;
    pkce.method = "plain";
    return pkce;
  };
}

}  // namespace assay::reference
