// oauth-login.device-slow-down: polls four times as often as the server asks.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.device_interval = [right = parts.device_interval](const Failure& failed,
                                                          Millis interval) -> Outcome<Millis> {
    auto next = right(failed, interval);
    if (next) *next /= 4;
    return next;
  };
}

}  // namespace assay::reference
