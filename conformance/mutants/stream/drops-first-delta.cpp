// stream-semantics.reasoning-content-display: the beginning of the text is lost.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    for (stream::Block& block : turn.blocks)
      if (block.kind == stream::Block::Kind::text) block.text.erase(0, 1);
  });
}

}  // namespace assay::reference
