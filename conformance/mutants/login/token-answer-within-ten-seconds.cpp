// oauth-login.exchange-after-callback-unbounded, the other way: a slow token endpoint fails the login.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.token_request = [right = parts.token_request](Call call, const std::string& url,
                                                      const Parameters& form) {
    call.deadline = call.deadline.sooner(Millis(10000));
    return right(call, url, form);
  };
}

}  // namespace assay::reference
