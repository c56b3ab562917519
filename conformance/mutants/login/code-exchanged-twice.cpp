// oauth-login.code-exchanged-twice: the code is sent to the token endpoint again.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.token_request = [right = parts.token_request](const Call& call, const std::string& url,
                                                      const Parameters& form) {
    auto answer = right(call, url, form);
    if (form.contains("code")) [[maybe_unused]]
      const auto again = right(call, url, form);
    return answer;
  };
}

}  // namespace assay::reference
