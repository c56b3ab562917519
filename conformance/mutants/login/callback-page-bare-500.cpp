// oauth-login.callback-page-500-generic: a failed exchange is an empty 500 in the browser.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.callback_page = [right = parts.callback_page](const Outcome<json>& result) {
    return result ? right(result) : make_response(500, "text/plain", "Internal Server Error");
  };
}

}  // namespace assay::reference
