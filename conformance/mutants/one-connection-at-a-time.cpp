// oauth-login.idle-preconnect: a silent connection keeps every other one waiting.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.read_callback = [right = parts.read_callback, turn = std::make_shared<std::mutex>()](
                            int fd, const Deadline& deadline, const Cancel& cancel) {
    const std::lock_guard lock(*turn);
    const Deadline longer =
        deadline.at == SteadyTime::max() ? deadline : Deadline{deadline.at + std::chrono::hours(1)};
    return right(fd, longer, cancel);
  };
}

}  // namespace assay::reference
