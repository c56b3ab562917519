// stream-semantics.anthropic-unknown-block-type: of several blocks of text the first alone is returned.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    bool seen = false;
    std::erase_if(turn.blocks, [&](const stream::Block& one) {
      return one.kind == stream::Block::Kind::text && std::exchange(seen, true);
    });
  });
}

}  // namespace assay::reference
