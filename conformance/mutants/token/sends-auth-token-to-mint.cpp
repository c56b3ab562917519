// token-exchange.wrong-token-kind-for-hop: hop 2 gets the token of the redirect.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.mint = [right = parts.mint](const Call& call, Tokens tokens, const std::string& once) {
    tokens.session_token = tokens.auth_token;
    return right(call, tokens, once);
  };
}

}  // namespace assay::reference
