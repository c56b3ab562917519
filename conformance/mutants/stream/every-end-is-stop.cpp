// stream-semantics.oai-finish-length: whatever the finish reason is, the answer is whole.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    if (turn.finish == stream::FinishReason::none) return;
    turn.finish = stream::FinishReason::stop;
    turn.finish_raw = "stop";
  });
}

}  // namespace assay::reference
