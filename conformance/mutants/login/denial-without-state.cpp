// oauth-login.state-mismatch-aborts-flow: error=access_denied is believed whatever its state.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.route_callback = [right = parts.route_callback](const CallbackRequest& request,
                                                        CallbackExpectation expected) {
    if (query_value(request.target, "error"))
      expected.state = query_value(request.target, expected.state_param).value_or("");
    return right(request, expected);
  };
}

}  // namespace assay::reference
