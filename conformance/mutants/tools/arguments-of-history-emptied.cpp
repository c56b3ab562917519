// Calls go back without their arguments.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_history(parts, [](Ask& ask) {
    for (Entry& entry : ask.history)
      for (stream::Block& one : entry.turn.blocks)
        if (one.kind == stream::Block::Kind::tool_call) one.text = "{}";
  });
}

}  // namespace assay::reference
