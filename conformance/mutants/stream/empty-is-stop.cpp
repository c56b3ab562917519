// stream-semantics.gemini-empty-candidate: an answer without content ended well.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    if (!turn.blocks.empty()) return;
    turn.complete = true;
    turn.error.reset();
    turn.finish = stream::FinishReason::stop;
    turn.finish_raw = "STOP";
  });
}

}  // namespace assay::reference
