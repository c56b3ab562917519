// oauth-login.device-429-or-5xx, device-html-poll: any answer but pending ends the login.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.device_interval = [right = parts.device_interval](const Failure& failed,
                                                          Millis interval) -> Outcome<Millis> {
    if (failed.code != "authorization_pending" && failed.code != "slow_down") return tl::unexpected(failed);
    return right(failed, interval);
  };
}

}  // namespace assay::reference
