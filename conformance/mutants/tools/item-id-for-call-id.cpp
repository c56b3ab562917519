// A result goes back under the id of the item, not of the call.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_history(parts, [](Ask& ask) {
    for (Entry& entry : ask.history) {
      for (stream::Block& one : entry.turn.blocks)
        if (one.kind == stream::Block::Kind::tool_call) one.id = "fc_1";
      for (ToolResult& one : entry.results) one.id = "fc_1";
    }
  });
}

}  // namespace assay::reference
