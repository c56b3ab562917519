// http-errors.overloaded-529, connection-faults.connection-refused-then-up: no bound on attempts.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.retry_after = [right = parts.retry_after](const Failure& failed, AttemptFacts facts,
                                                  const RetryLimits& limits) {
    facts.attempt = 1;
    return right(failed, facts, limits);
  };
}

}  // namespace assay::reference
