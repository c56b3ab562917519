// token-exchange.missing-default-team: without a team, hop 2 goes to an empty path segment.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.exchange = [right = parts.exchange](const Call& call, Tokens tokens) -> Outcome<Tokens> {
    auto done = right(call, tokens);
    if (done || done.error().message.find("named no team") == std::string::npos) return done;
    tokens.session_token = "unknown";
    return tokens;
  };
}

}  // namespace assay::reference
