// stream-semantics.oai-finish-tools-without-calls: an answer that names no call is asked for again.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.judge_end = [right = parts.judge_end](const stream::Turn& turn, const std::optional<Failure>& over) {
    if (turn.finish == stream::FinishReason::tool_calls && stream::tool_calls_of(turn).empty())
      return std::optional(Failure{Category::server_error, 200, "no call was named", {}, {}, "chat"});
    return right(turn, over);
  };
  parts.retry_after = [](const Failure&, const AttemptFacts& facts, const RetryLimits&) {
    return facts.attempt < 20 ? std::optional(Millis(1)) : std::nullopt;
  };
}

}  // namespace assay::reference
