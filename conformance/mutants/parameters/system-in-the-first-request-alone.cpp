// The system message goes with the first request of a conversation alone.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_history(parts, [](Ask& ask) {
    const auto answered = [](const Entry& entry) { return entry.kind == Entry::Kind::assistant; };
    if (std::none_of(ask.history.begin(), ask.history.end(), answered)) return;
    std::erase_if(ask.history, [](const Entry& entry) { return entry.kind == Entry::Kind::system; });
  });
}

}  // namespace assay::reference
