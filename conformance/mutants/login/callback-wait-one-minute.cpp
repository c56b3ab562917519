// oauth-login.callback-wait-unbounded, the other way: whoever needs longer than a minute to sign in is too
// late.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.callback_wait = [](Millis) { return Millis(std::chrono::minutes(1)); };
}

}  // namespace assay::reference
