// oauth-login.state-not-checked: a redirect with a foreign state, or none, is taken.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.route_callback = [right = parts.route_callback](const CallbackRequest& request,
                                                        CallbackExpectation expected) {
    const auto state = query_value(request.target, expected.state_param);
    expected.state = state.value_or("");
    return right(request, expected);
  };
}

}  // namespace assay::reference
