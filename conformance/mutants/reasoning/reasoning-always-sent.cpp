// parameter-rejections.reasoning-replay-required: reasoning goes back to every provider.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_history(parts, [](Ask& ask) { ask.quirks["replay_reasoning"] = true; });
}

}  // namespace assay::reference
