// stream-semantics.oai-tool-args-empty: arguments that are blanks fail the turn.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    for (const stream::Block& one : turn.blocks)
      if (one.kind == stream::Block::Kind::tool_call && !one.text.empty() && trim(one.text).empty())
        turn.error = stream::StreamError{"Unexpected end of JSON input", "", "", "", 0, {}};
  });
}

}  // namespace assay::reference
