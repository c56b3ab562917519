// token-exchange.key-from-other-environment: a key that has not arrived yet is given up at once.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.retry_after = [right = parts.retry_after](const Failure& failed, AttemptFacts facts,
                                                  const RetryLimits& limits) {
    facts.fresh_key = false;
    return right(failed, facts, limits);
  };
}

}  // namespace assay::reference
