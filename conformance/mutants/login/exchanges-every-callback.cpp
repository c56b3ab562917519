// oauth-login.code-exchanged-twice: each redirect that arrives is exchanged.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto arrived = std::make_shared<std::atomic<int>>(0);
  parts.route_callback = [right = parts.route_callback, arrived](const CallbackRequest& request,
                                                                 const CallbackExpectation& expected) {
    CallbackDecision decision = right(request, expected);
    if (decision.kind == CallbackDecision::Kind::settle) ++*arrived;
    return decision;
  };
  parts.exchange = [right = parts.exchange, arrived](const Call& call, const Tokens& tokens) {
    pause(Millis(300), call.deadline, call.cancel);
    for (int more = 1; more < *arrived; ++more) [[maybe_unused]] const auto again = right(call, tokens);
    return right(call, tokens);
  };
}

}  // namespace assay::reference
