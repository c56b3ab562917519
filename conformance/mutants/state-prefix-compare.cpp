// oauth-login.state-not-checked: only the first characters of the state are compared.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.route_callback = [right = parts.route_callback](const CallbackRequest& request,
                                                        CallbackExpectation expected) {
    const std::string state = query_value(request.target, expected.state_param).value_or("");
    if (!state.empty() && expected.state.starts_with(state.substr(0, 4))) expected.state = state;
    return right(request, expected);
  };
}

}  // namespace assay::reference
