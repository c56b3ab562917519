// oauth-login.state-mismatch-aborts-flow: a denial of the running attempt is not heard.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.route_callback = [right = parts.route_callback](const CallbackRequest& request,
                                                        const CallbackExpectation& expected) {
    CallbackDecision decision = right(request, expected);
    if (decision.parameters.contains("error"))
      decision = {CallbackDecision::Kind::ignore, make_response(200, "text/plain", "thank you"), {}};
    return decision;
  };
}

}  // namespace assay::reference
