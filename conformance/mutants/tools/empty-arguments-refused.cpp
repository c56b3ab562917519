// A call without arguments fails the turn.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    for (const stream::Block& block : turn.blocks)
      if (block.kind == stream::Block::Kind::tool_call && (block.text.empty() || block.text == "{}"))
        turn.error = stream::StreamError{"Unexpected end of JSON input", "", "", "", 0, {}};
  });
}

}  // namespace assay::reference
