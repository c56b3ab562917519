// http-errors.midstream-retry-duplicates: a second attempt's text is added to the first one's.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.retry_after = [right = parts.retry_after](const Failure& failed, AttemptFacts facts,
                                                  const RetryLimits& limits) {
    facts.content_seen = false;
    return right(failed, facts, limits);
  };
  parts.before_retry = [](stream::Turn&) {};
}

}  // namespace assay::reference
