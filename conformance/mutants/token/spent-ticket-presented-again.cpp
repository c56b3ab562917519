// token-exchange.sse-ticket-reconnect: what was sent and not answered is sent again, single use or not.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.token_request = [right = parts.token_request](const Call& call, const std::string& url,
                                                      const Parameters& form) {
    auto answer = right(call, url, form);
    return !answer && answer.error().category == Category::network ? right(call, url, form) : answer;
  };
}

}  // namespace assay::reference
