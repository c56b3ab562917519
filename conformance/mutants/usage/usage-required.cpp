// An answer without token counts is not whole.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.judge_end = [right = parts.judge_end](const stream::Turn& turn, const std::optional<Failure>& over) {
    if (turn.complete && !turn.usage)
      return std::optional(Failure{Category::protocol, 200, "usage is missing", {}, {}, "chat"});
    return right(turn, over);
  };
}

}  // namespace assay::reference
