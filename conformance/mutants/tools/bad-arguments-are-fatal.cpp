// A call whose arguments are no JSON fails the turn.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    for (const stream::Block& block : turn.blocks)
      if (block.kind == stream::Block::Kind::tool_call &&
          json::parse(block.text, nullptr, false).is_discarded())
        turn.error = stream::StreamError{"Unexpected token", "", "", "", 0, {}};
  });
}

}  // namespace assay::reference
