// http-errors.retry-after-seconds: seconds are read as milliseconds.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.retry_after = [right = parts.retry_after](Failure failed, const AttemptFacts& facts,
                                                  const RetryLimits& limits) {
    if (failed.retry_after) *failed.retry_after /= 1000;
    return right(failed, facts, limits);
  };
}

}  // namespace assay::reference
