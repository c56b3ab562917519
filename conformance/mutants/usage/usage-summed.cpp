// stream-semantics.oai-usage-only-last: token counts that come twice are added.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    if (turn.usage && turn.usage->output) turn.usage->output = *turn.usage->output * 2;
  });
}

}  // namespace assay::reference
