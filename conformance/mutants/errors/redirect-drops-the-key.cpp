// http-errors.redirect-same-host-drops-auth: a redirect is followed without the key.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  follow_redirects(parts, [](HttpRequest& request) {
    std::erase_if(request.headers, [](const Header& one) { return to_lower(one.name) == "authorization"; });
  });
}

}  // namespace assay::reference
