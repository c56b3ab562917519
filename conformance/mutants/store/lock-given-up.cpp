// token-exchange.refresh-race-two-processes: who waits 600 ms for the lock goes on without it.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.lock = [right = parts.lock](const std::string& home, const Deadline& deadline, const Cancel& cancel) {
    auto lock = right(home, deadline.sooner(Millis(600)), cancel);
    return lock || deadline.passed() ? lock : StoreLock{};
  };
}

}  // namespace assay::reference
