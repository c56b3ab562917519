// token-exchange.api-401-after-good-refresh: a refused key is tried again and again.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.retry_after = [right = parts.retry_after](const Failure& failed, const AttemptFacts& facts,
                                                  const RetryLimits& limits) -> std::optional<Millis> {
    if (failed.category == Category::authentication) return Millis(20);
    return right(failed, facts, limits);
  };
}

}  // namespace assay::reference
