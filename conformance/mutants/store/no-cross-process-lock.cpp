// token-exchange.refresh-race-two-processes: no process waits for another.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.lock = [](const std::string&, const Deadline&, const Cancel&) -> Outcome<StoreLock> {
    return StoreLock{};
  };
}

}  // namespace assay::reference
