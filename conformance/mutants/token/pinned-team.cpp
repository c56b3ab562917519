// token-exchange.missing-default-team: the team is a constant, not what hop 1 says.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.mint = [right = parts.mint](const Call& call, Tokens tokens, const std::string& once) {
    tokens.team_id = "team-pinned";
    return right(call, tokens, once);
  };
}

}  // namespace assay::reference
