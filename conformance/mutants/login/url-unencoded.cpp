// oauth-login.redirect-port-mismatch: the parameters of the login URL are not percent-encoded.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.login_url = [](const std::string& base, const Parameters& parameters) {
    std::string url = base + '?';
    for (const auto& [name, value] : parameters) url.append(name).append(1, '=').append(value).append(1, ' ');
    return url;
  };
}

}  // namespace assay::reference
