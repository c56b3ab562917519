// oauth-login.fixed-port-busy: the error does not say which port.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.bind = [right = parts.bind](const LoginSpec& login) -> Outcome<BoundListener> {
    auto bound = right(login);
    if (!bound) return failure(Category::network, "login failed", "callback");
    return bound;
  };
}

}  // namespace assay::reference
