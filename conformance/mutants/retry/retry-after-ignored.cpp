// http-errors.retry-after-seconds: the server's wait is not heeded.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.retry_after = [right = parts.retry_after](Failure failed, const AttemptFacts& facts,
                                                  const RetryLimits& limits) {
    failed.retry_after.reset();
    return right(failed, facts, limits);
  };
}

}  // namespace assay::reference
