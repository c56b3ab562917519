// http-errors.nested-retry-storm: eight attempts at a fixed short interval, however overloaded the server is.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.retry_after = [right = parts.retry_after](const Failure& failed, AttemptFacts facts,
                                                  const RetryLimits& limits) -> std::optional<Millis> {
    if (facts.attempt >= 8) return {};
    facts.attempt = 1;
    return right(failed, facts, limits) ? std::optional(Millis(200)) : std::nullopt;
  };
}

}  // namespace assay::reference
