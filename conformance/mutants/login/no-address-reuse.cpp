// oauth-login.port-time-wait: without SO_REUSEADDR a second login finds the port in TIME_WAIT.
#include <netinet/in.h>

#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.bind = [right = parts.bind](const LoginSpec& login) -> Outcome<BoundListener> {
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(login.port);
    const int busy = ::bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::close(probe);
    if (busy != 0) return failure(Category::network, "cannot listen: the port is in use", "callback");
    return right(login);
  };
}

}  // namespace assay::reference
