// http-errors.retry-after-huge: the client says nothing for six minutes of the wait that it was asked for.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.retry_after = [right = parts.retry_after](const Failure& failed, const AttemptFacts& facts,
                                                  const RetryLimits& limits) {
    if (failed.retry_after && *failed.retry_after > limits.retry_after_cap)
      pause(Millis(360000), Deadline{}, Cancel());
    return right(failed, facts, limits);
  };
}

}  // namespace assay::reference
