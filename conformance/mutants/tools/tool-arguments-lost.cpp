// Arguments of calls are lost.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    for (stream::Block& block : turn.blocks)
      if (block.kind == stream::Block::Kind::tool_call) block.text = "{}";
  });
}

}  // namespace assay::reference
