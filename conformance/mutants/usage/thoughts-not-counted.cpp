// Tokens of thoughts are told nowhere.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    if (!turn.usage || !turn.usage->reasoning) return;
    if (turn.usage->output > turn.usage->reasoning) *turn.usage->output -= *turn.usage->reasoning;
    turn.usage->reasoning.reset();
  });
}

}  // namespace assay::reference
