// oauth-login.preflight-consumed-as-callback: an OPTIONS request with the same address is the redirect.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.route_callback = [right = parts.route_callback](CallbackRequest request,
                                                        const CallbackExpectation& expected) {
    if (request.method == "OPTIONS") request.method = "GET";
    return right(request, expected);
  };
}

}  // namespace assay::reference
