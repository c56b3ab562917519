// oauth-login.favicon-first: whatever request comes first is taken for the redirect.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.route_callback = [right = parts.route_callback](const CallbackRequest& request,
                                                        const CallbackExpectation& expected) {
    CallbackDecision decision = right(request, expected);
    if (target_path(request.target) != expected.path)
      decision = {CallbackDecision::Kind::settle, {}, {{"error", "no token in the redirect"}}};
    return decision;
  };
}

}  // namespace assay::reference
