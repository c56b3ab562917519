// connection-faults.cancel-not-propagated: who cancels during a wait between attempts waits for its end.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.retry_after = [right = parts.retry_after](const Failure& failed, const AttemptFacts& facts,
                                                  const RetryLimits& limits) {
    auto wait = right(failed, facts, limits);
    if (wait) pause(*wait, Deadline{}, Cancel());
    return wait ? std::optional(Millis(0)) : wait;
  };
}

}  // namespace assay::reference
