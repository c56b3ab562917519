// stream-semantics.anthropic-thinking-signature, gemini-thought-signature: proofs are not sent back.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_request = [right = parts.write_request](Ask ask) {
    for (Entry& entry : ask.history)
      for (stream::Block& block : entry.turn.blocks) block.signature.clear();
    return right(ask);
  };
}

}  // namespace assay::reference
