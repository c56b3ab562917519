// oauth-login.device-slow-down: slow_down changes nothing.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.device_interval = [right = parts.device_interval](const Failure& failed,
                                                          Millis interval) -> Outcome<Millis> {
    if (failed.code == "slow_down") return interval;
    return right(failed, interval);
  };
}

}  // namespace assay::reference
