// The system message does not go into the request.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_history(parts, [](Ask& ask) {
    std::erase_if(ask.history, [](const Entry& entry) { return entry.kind == Entry::Kind::system; });
  });
}

}  // namespace assay::reference
