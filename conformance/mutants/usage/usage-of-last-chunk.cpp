// The last token counts stand alone, whatever they lack.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) { turn.usage.reset(); });
}

}  // namespace assay::reference
