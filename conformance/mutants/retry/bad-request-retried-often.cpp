// stream-semantics.signature-session-wedged: what was refused as wrong is sent ten times.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.retry_after = [](const Failure&, const AttemptFacts& facts, const RetryLimits&) {
    return facts.attempt < 10 ? std::optional(Millis(1)) : std::nullopt;
  };
  parts.refused_param = [](const json&, const Failure&) -> std::optional<std::string> { return {}; };
}

}  // namespace assay::reference
