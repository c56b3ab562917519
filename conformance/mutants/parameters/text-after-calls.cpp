// parameter-rejections.content-after-tool-use: text goes back behind the calls.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_history(parts, [](Ask& ask) {
    for (Entry& entry : ask.history)
      std::stable_partition(entry.turn.blocks.begin(), entry.turn.blocks.end(),
                            [](const stream::Block& one) { return one.kind != stream::Block::Kind::text; });
  });
}

}  // namespace assay::reference
