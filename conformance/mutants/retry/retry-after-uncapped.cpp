// http-errors.retry-after-huge: a wait of a day is slept, as long as there is time.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.retry_after = [right = parts.retry_after](const Failure& failed, const AttemptFacts& facts,
                                                  const RetryLimits& limits) {
    if (failed.retry_after && *failed.retry_after > limits.retry_after_cap)
      pause(Millis(4500), Deadline{}, Cancel());
    return right(failed, facts, limits);
  };
}

}  // namespace assay::reference
