// oauth-login.callback-page-xss: the page repeats what the redirect said, as it came.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto said = std::make_shared<std::string>();
  parts.route_callback = [right = parts.route_callback, said](const CallbackRequest& request,
                                                              const CallbackExpectation& expected) {
    if (query_value(request.target, "error")) *said = form_decode(request.target);
    return right(request, expected);
  };
  parts.callback_page = [right = parts.callback_page, said](const Outcome<json>& result) {
    Response page = right(result);
    if (!result) page.body = {{"<h1>Sign-in failed</h1>" + *said, {}}};
    return page;
  };
}

}  // namespace assay::reference
