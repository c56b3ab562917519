// token-exchange.oauth-error-with-200-or-odd-status: 200 is a success, whatever it says.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.token_request = [right = parts.token_request](const Call& call, const std::string& url,
                                                      const Parameters& form) -> Outcome<json> {
    auto answer = right(call, url, form);
    if (!answer && answer.error().status == 200) return json{{"access_token", "undefined"}};
    return answer;
  };
}

}  // namespace assay::reference
