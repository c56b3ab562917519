// oauth-login.token-in-query-leak: the page loads a picture, may be stored and tells its address.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.callback_page = [right = parts.callback_page](const Outcome<json>& result) {
    Response page = right(result);
    for (const char* name : {"Cache-Control", "Referrer-Policy", "Content-Security-Policy"})
      remove_header(page.headers, name);
    page.body.push_back({"<img src=\"/logo.png\">", {}});
    return page;
  };
}

}  // namespace assay::reference
