// An answer that calls tools goes back without its text.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_history(parts, [](Ask& ask) {
    for (Entry& entry : ask.history)
      if (!stream::tool_calls_of(entry.turn).empty())
        std::erase_if(entry.turn.blocks,
                      [](const stream::Block& one) { return one.kind == stream::Block::Kind::text; });
  });
}

}  // namespace assay::reference
