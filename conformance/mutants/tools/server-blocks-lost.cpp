// stream-semantics.anthropic-server-tool-blocks-not-replayed: blocks of the server do not go back.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_history(parts, [](Ask& ask) {
    for (Entry& entry : ask.history)
      std::erase_if(entry.turn.blocks,
                    [](const stream::Block& one) { return one.kind == stream::Block::Kind::opaque; });
  });
}

}  // namespace assay::reference
