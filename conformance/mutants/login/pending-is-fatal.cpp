// oauth-login.device-429-or-5xx: the first poll must bring the token.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.device_interval = [](const Failure& failed, Millis) -> Outcome<Millis> {
    return tl::unexpected(failed);
  };
}

}  // namespace assay::reference
