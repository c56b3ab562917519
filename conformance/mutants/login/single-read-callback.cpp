// oauth-login.request-split-bytes: takes the first read for the whole request.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.read_callback = [right = parts.read_callback](
                            int fd, const Deadline& deadline,
                            const Cancel& cancel) -> Outcome<std::optional<CallbackRequest>> {
    if (wait_for(fd, POLLIN, deadline, cancel) != Wake::ready) return std::nullopt;
    char bytes[4096];
    const auto count = ::recv(fd, bytes, sizeof bytes, MSG_PEEK);
    if (count <= 0 ||
        std::string_view(bytes, static_cast<std::size_t>(count)).find("\r\n\r\n") != std::string_view::npos)
      return right(fd, deadline, cancel);
    return failure(Category::protocol, "the redirect is not a whole request", "callback");
  };
}

}  // namespace assay::reference
