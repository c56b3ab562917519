// token-exchange.api-401-after-good-refresh: a refused key is sent ten times before its refusal is told.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.retry_after = [right = parts.retry_after](const Failure& failed, const AttemptFacts& facts,
                                                  const RetryLimits& limits) -> std::optional<Millis> {
    if (failed.category == Category::authentication && facts.attempt < 10) return Millis(20);
    return right(failed, facts, limits);
  };
}

}  // namespace assay::reference
