// oauth-login.accept-inherits-nonblocking: reads the accepted socket once, at once; where it inherited
// O_NONBLOCK and the bytes are late, EAGAIN ends the login.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.read_callback = [right = parts.read_callback](
                            int fd, const Deadline& deadline,
                            const Cancel& cancel) -> Outcome<std::optional<CallbackRequest>> {
    char first = 0;
    if (::recv(fd, &first, 1, MSG_PEEK) < 0)
      return failure(Category::network, std::string("cannot read the redirect: ") + std::strerror(errno),
                     "callback");
    return right(fd, deadline, cancel);
  };
}

}  // namespace assay::reference
