// oauth-login.device-client-timer-too-short: polls on after the user denied or the code expired.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.device_interval = [right = parts.device_interval](const Failure& failed,
                                                          Millis interval) -> Outcome<Millis> {
    if (failed.code == "access_denied" || failed.code == "expired_token") return interval;
    return right(failed, interval);
  };
}

}  // namespace assay::reference
