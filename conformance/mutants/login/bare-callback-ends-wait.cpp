// oauth-login.bare-callback-path, fragment-token: a redirect without token ends the wait.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.route_callback = [right = parts.route_callback](const CallbackRequest& request,
                                                        const CallbackExpectation& expected) {
    if (request.method == "GET" && request.target == expected.path)
      return CallbackDecision{CallbackDecision::Kind::settle, {}, {{"error", "no token in the redirect"}}};
    return right(request, expected);
  };
}

}  // namespace assay::reference
