// stream-semantics.reasoning-content-display: reasoning is shown as the answer.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    for (stream::Block& block : turn.blocks)
      if (block.kind == stream::Block::Kind::reasoning) block.kind = stream::Block::Kind::text;
  });
}

}  // namespace assay::reference
