// token-exchange.wrong-token-kind-for-hop: hop 1 is left out, the team is guessed.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.exchange = [](const Call&, Tokens tokens) -> Outcome<Tokens> {
    tokens.session_token = tokens.auth_token;
    tokens.team_id = "team-1";
    return tokens;
  };
}

}  // namespace assay::reference
