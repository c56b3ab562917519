// Whatever word an answer ends with, it is taken for a good end.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.judge_end = [right = parts.judge_end](stream::Turn turn, const std::optional<Failure>& over) {
    if (!turn.finish_raw.empty()) turn.finish_raw = "stop", turn.finish = stream::FinishReason::stop;
    turn.complete = turn.complete || turn.finish == stream::FinishReason::stop;
    return right(turn, over);
  };
}

}  // namespace assay::reference
