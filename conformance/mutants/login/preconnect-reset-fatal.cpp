// oauth-login.preconnect-rst: a connection that ends before it said anything ends the login.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.read_callback = [right = parts.read_callback](
                            int fd, const Deadline& deadline,
                            const Cancel& cancel) -> Outcome<std::optional<CallbackRequest>> {
    auto request = right(fd, deadline, cancel);
    if (request && !*request && !cancel.cancelled() && !deadline.passed())
      return failure(Category::network, "the browser closed the connection", "callback");
    return request;
  };
}

}  // namespace assay::reference
