// http-errors.404-model-vs-endpoint: what the server refused as wrong is sent again.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.retry_after = [right = parts.retry_after](Failure failed, const AttemptFacts& facts,
                                                  const RetryLimits& limits) {
    if (failed.category == Category::invalid_request || failed.category == Category::not_found)
      failed.category = Category::server_error;
    return right(failed, facts, limits);
  };
}

}  // namespace assay::reference
