// http-errors.redirect-same-host-drops-auth: after a redirect the request is a GET.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  follow_redirects(parts, [](HttpRequest& request) {
    request.method = "GET";
    request.body.clear();
  });
}

}  // namespace assay::reference
