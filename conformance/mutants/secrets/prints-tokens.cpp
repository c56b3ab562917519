// quiet: the answer of the token endpoint is logged on stderr.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.token_request = [right = parts.token_request](const Call& call, const std::string& url,
                                                      const Parameters& form) {
    auto answer = right(call, url, form);
    if (answer) std::fprintf(stderr, "token answer: %s\n", answer->dump().c_str());
    return answer;
  };
}

}  // namespace assay::reference
