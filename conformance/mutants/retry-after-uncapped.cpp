// http-errors.retry-after-huge: a wait of a day is slept.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.retry_after = [right = parts.retry_after](const Failure& failed, const AttemptFacts& facts,
                                                  RetryLimits limits) {
    limits.retry_after_cap = std::chrono::hours(48);
    return right(failed, facts, limits);
  };
}

}  // namespace assay::reference
