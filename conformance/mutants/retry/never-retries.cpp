// http-errors.overloaded-529, retry-after-seconds: the first failure is the last.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.retry_after = [](const Failure&, const AttemptFacts&, const RetryLimits&) -> std::optional<Millis> {
    return {};
  };
}

}  // namespace assay::reference
