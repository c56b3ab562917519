// http-errors.nested-retry-storm: four attempts without a pause.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.retry_after = [](const Failure&, const AttemptFacts& facts, const RetryLimits&) {
    return facts.attempt < 4 ? std::optional(Millis(1)) : std::nullopt;
  };
}

}  // namespace assay::reference
