// stream-semantics.oai-leading-space-lost: every piece of text is trimmed.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    for (stream::Block& one : turn.blocks)
      if (one.kind == stream::Block::Kind::text) std::erase(one.text, ' ');
  });
}

}  // namespace assay::reference
