// oauth-login.code-exchanged-twice: a code that was refused is sent again and again.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.token_request = [right = parts.token_request](const Call& call, const std::string& url,
                                                      const Parameters& form) {
    auto answer = right(call, url, form);
    for (int more = 0; more < 5 && !answer && form.contains("code"); ++more) answer = right(call, url, form);
    return answer;
  };
}

}  // namespace assay::reference
