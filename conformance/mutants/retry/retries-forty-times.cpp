// http-errors.overloaded-529: so many attempts that for a server they are without end.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.retry_after = [right = parts.retry_after](const Failure& failed, AttemptFacts facts,
                                                  const RetryLimits& limits) -> std::optional<Millis> {
    if (facts.attempt >= 40) return {};
    facts.attempt = 1;
    return right(failed, facts, limits) ? std::optional(Millis(1000)) : std::nullopt;
  };
}

}  // namespace assay::reference
