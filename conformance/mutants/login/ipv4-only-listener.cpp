// oauth-login.ipv4-only-listener: the redirect says localhost, the listener is on 127.0.0.1 alone.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.bind = [right = parts.bind](LoginSpec login) {
    login.host = "127.0.0.1";
    return right(login);
  };
}

}  // namespace assay::reference
