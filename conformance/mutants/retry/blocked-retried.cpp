// http-errors.waf-blocks-payload: what a gateway refused is sent again.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.retry_after = [right = parts.retry_after](Failure failed, const AttemptFacts& facts,
                                                  const RetryLimits& limits) {
    if (failed.category == Category::blocked) failed.category = Category::server_error;
    return right(failed, facts, limits);
  };
}

}  // namespace assay::reference
