// oauth-login.idle-preconnect: a silent connection keeps every other one waiting.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

namespace {

// The connections that were accepted are told by their numbers, not by which thread begins first.
bool is_another_connection(int fd, int mine) {
  sockaddr_storage address = {}, own = {};
  socklen_t size = sizeof address, own_size = sizeof own;
  if (fd == mine || ::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return false;
  size = sizeof address;
  return ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
         ::getsockname(mine, reinterpret_cast<sockaddr*>(&own), &own_size) == 0 && size == own_size &&
         std::memcmp(&address, &own, size) == 0;
}

}  // namespace

void mutate(Parts& parts) {
  parts.read_callback = [right = parts.read_callback](int fd, const Deadline& deadline,
                                                      const Cancel& cancel) {
    const Deadline longer =
        deadline.at == SteadyTime::max() ? deadline : Deadline{deadline.at + std::chrono::hours(1)};
    for (int other = 3; other < 256; ++other) {
      if (is_another_connection(other, fd)) wait_for(other, POLLIN, longer, cancel);
    }
    return right(fd, longer, cancel);
  };
}

}  // namespace assay::reference
