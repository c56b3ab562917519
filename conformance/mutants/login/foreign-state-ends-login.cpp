// oauth-login.state-mismatch-aborts-flow: a stale tab's redirect ends the attempt that is running.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.route_callback = [right = parts.route_callback](const CallbackRequest& request,
                                                        const CallbackExpectation& expected) {
    CallbackDecision decision = right(request, expected);
    const auto state = query_value(request.target, expected.state_param);
    if (state && *state != expected.state)
      decision = {CallbackDecision::Kind::settle, {}, {{"error", "state mismatch"}}};
    return decision;
  };
}

}  // namespace assay::reference
