// http-errors.overloaded-529: what other failures of a server get, an overloaded one does not.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.retry_after = [right = parts.retry_after](const Failure& failed, const AttemptFacts& facts,
                                                  const RetryLimits& limits) {
    return failed.category == Category::overloaded ? std::nullopt : right(failed, facts, limits);
  };
}

}  // namespace assay::reference
