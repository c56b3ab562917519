// oauth-login.exchange-after-callback-unbounded: the token endpoint is waited for past every deadline.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.token_request = [right = parts.token_request](Call call, const std::string& url,
                                                      const Parameters& form) {
    call.deadline = Deadline{};
    return right(call, url, form);
  };
}

}  // namespace assay::reference
