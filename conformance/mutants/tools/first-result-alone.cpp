// parameter-rejections.tool-message-order: of several calls the first alone is answered.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_history(parts, [](Ask& ask) {
    for (Entry& entry : ask.history)
      if (entry.results.size() > 1) entry.results.resize(1);
  });
}

}  // namespace assay::reference
