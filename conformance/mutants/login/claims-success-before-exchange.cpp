// oauth-login.callback-page-500-generic: the browser is told that the login succeeded, whatever came of it.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.callback_page = [right = parts.callback_page](const Outcome<json>&) { return right(json::object()); };
}

}  // namespace assay::reference
