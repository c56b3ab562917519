// oauth-login.exchange-after-callback-unbounded: the exchange is waited for past every deadline.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.exchange = [right = parts.exchange](Call call, const Tokens& tokens) {
    call.deadline = Deadline{};
    return right(call, tokens);
  };
}

}  // namespace assay::reference
