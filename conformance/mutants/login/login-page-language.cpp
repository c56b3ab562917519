// oauth-login.login-page-language: the login page is forced into one language.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.login_url = [right = parts.login_url](const std::string& base, Parameters parameters) {
    parameters["ui_locales"] = "en";
    return right(base, parameters);
  };
}

}  // namespace assay::reference
