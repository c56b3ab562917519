// A refusal is not told: the answer is empty.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    std::erase_if(turn.blocks,
                  [](const stream::Block& block) { return block.kind == stream::Block::Kind::refusal; });
    turn.finish = stream::FinishReason::stop;
  });
}

}  // namespace assay::reference
