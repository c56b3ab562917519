// oauth-login.idle-preconnect: a silent connection keeps every other one waiting.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

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
