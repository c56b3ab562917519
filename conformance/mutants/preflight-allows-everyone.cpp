// oauth-login.private-network-preflight-unanswered: any origin may ask, not the login page's alone.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.route_callback = [right = parts.route_callback](const CallbackRequest& request,
                                                        CallbackExpectation expected) {
    if (const std::string* origin = find_header(request.headers, "origin")) expected.allowed_origin = *origin;
    return right(request, expected);
  };
}

}  // namespace assay::reference
