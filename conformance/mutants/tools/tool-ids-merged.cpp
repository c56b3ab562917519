// stream-semantics.oai-parallel-same-index: calls with one index are one call.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    bool seen = false;
    std::erase_if(turn.blocks, [&](const stream::Block& block) {
      return block.kind == stream::Block::Kind::tool_call && std::exchange(seen, true);
    });
  });
}

}  // namespace assay::reference
