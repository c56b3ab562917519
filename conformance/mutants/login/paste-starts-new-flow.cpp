// oauth-login.port-busy-manual-paste: a pasted redirect meets another verifier than the URL had.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.token_request = [right = parts.token_request](const Call& call, const std::string& url,
                                                      Parameters form) {
    if (form.contains("code_verifier")) form["code_verifier"] = make_pkce().verifier;
    return right(call, url, form);
  };
}

}  // namespace assay::reference
