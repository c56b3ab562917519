// oauth-login.ipv6-only-listener: the redirect says localhost, the listener is on ::1 alone.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.bind = [right = parts.bind](LoginSpec login) {
    if (login.host == "localhost") login.host = "::1";
    return right(login);
  };
}

}  // namespace assay::reference
