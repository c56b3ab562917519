// http-errors.404-model-vs-endpoint: every status from 400 on is asked again.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.retry_after = [right = parts.retry_after](Failure failed, const AttemptFacts& facts,
                                                  const RetryLimits& limits) {
    if (failed.status >= 400) failed.category = Category::server_error;
    return right(failed, facts, limits);
  };
}

}  // namespace assay::reference
