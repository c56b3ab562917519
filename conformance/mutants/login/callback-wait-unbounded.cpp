// oauth-login.callback-wait-unbounded: the redirect is waited for without end.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.callback_wait = [](Millis) { return Millis(std::chrono::hours(1)); };
}

}  // namespace assay::reference
