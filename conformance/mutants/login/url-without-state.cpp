// oauth-login.state-not-checked, login-page: no state is sent, so none can come back.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.login_url = [right = parts.login_url](const std::string& base, Parameters parameters) {
    parameters.erase("state");
    return right(base, parameters);
  };
}

}  // namespace assay::reference
