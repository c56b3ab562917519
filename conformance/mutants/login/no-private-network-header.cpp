// oauth-login.private-network-preflight-unanswered: the preflight is answered without
// Access-Control-Allow-Private-Network.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.route_callback = [right = parts.route_callback](const CallbackRequest& request,
                                                        const CallbackExpectation& expected) {
    CallbackDecision decision = right(request, expected);
    remove_header(decision.response.headers, "Access-Control-Allow-Private-Network");
    return decision;
  };
}

}  // namespace assay::reference
