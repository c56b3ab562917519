// stream-semantics.oai-interleaved-tool-deltas: every piece belongs to the call that began last.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    stream::Block* last = nullptr;
    for (stream::Block& one : turn.blocks) {
      if (one.kind != stream::Block::Kind::tool_call) continue;
      if (last != nullptr) one.text = std::exchange(last->text, "") + one.text;
      last = &one;
    }
  });
}

}  // namespace assay::reference
