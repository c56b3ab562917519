// quiet: the token of the redirect is logged on stderr.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.exchange = [right = parts.exchange](const Call& call, const Tokens& tokens) {
    std::fprintf(stderr, "exchanging token %s\n", tokens.auth_token.c_str());
    return right(call, tokens);
  };
}

}  // namespace assay::reference
