// oauth-login.preflight-consumed-as-callback: a preflight of the redirect's address ends the wait.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.route_callback = [right = parts.route_callback](const CallbackRequest& request,
                                                        const CallbackExpectation& expected) {
    CallbackDecision decision = right(request, expected);
    if (request.method == "OPTIONS" && target_path(request.target) == expected.path)
      decision = {CallbackDecision::Kind::settle, {}, {{"error", "the redirect is not a GET"}}};
    return decision;
  };
}

}  // namespace assay::reference
