// stream-semantics.oai-finish-stop-with-tools: calls count only with the finish reason tool_calls.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    if (turn.finish_raw == "tool_calls") return;
    std::erase_if(turn.blocks,
                  [](const stream::Block& one) { return one.kind == stream::Block::Kind::tool_call; });
  });
}

}  // namespace assay::reference
