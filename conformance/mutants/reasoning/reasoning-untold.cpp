// stream-semantics.reasoning-content-display: the caller never gets the reasoning.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    std::erase_if(turn.blocks,
                  [](const stream::Block& block) { return block.kind == stream::Block::Kind::reasoning; });
  });
}

}  // namespace assay::reference
