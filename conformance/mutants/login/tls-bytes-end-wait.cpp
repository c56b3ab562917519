// oauth-login.safari-https-only: a TLS greeting on the port ends the login.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.read_callback = [right = parts.read_callback](
                            int fd, const Deadline& deadline,
                            const Cancel& cancel) -> Outcome<std::optional<CallbackRequest>> {
    auto request = right(fd, deadline, cancel);
    if (request && *request && (*request)->method == "TLS")
      return failure(Category::protocol, "the browser did not speak HTTP", "callback");
    return request;
  };
}

}  // namespace assay::reference
