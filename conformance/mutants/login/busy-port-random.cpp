// oauth-login.fixed-port-busy, redirect-port-mismatch: a busy port is replaced by another, which nobody
// registered.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.bind = [right = parts.bind](LoginSpec login) {
    auto bound = right(login);
    if (bound) return bound;
    login.port = 0;
    return right(login);
  };
}

}  // namespace assay::reference
