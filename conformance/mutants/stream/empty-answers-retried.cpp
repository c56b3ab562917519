// stream-semantics.anthropic-refusal-stop: an answer without content is asked for again.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.judge_end = [right = parts.judge_end](const stream::Turn& turn, const std::optional<Failure>& over) {
    if (turn.blocks.empty())
      return std::optional(Failure{Category::server_error, 200, "empty response", {}, {}, "chat"});
    return right(turn, over);
  };
}

}  // namespace assay::reference
