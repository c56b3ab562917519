// http-errors.nested-retry-storm: forty attempts without a pause, whatever failed.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.retry_after = [](const Failure&, const AttemptFacts& facts, const RetryLimits&) {
    return facts.attempt < 40 ? std::optional(Millis(1)) : std::nullopt;
  };
}

}  // namespace assay::reference
