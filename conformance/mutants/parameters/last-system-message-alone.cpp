// Of several system messages the last one is sent.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_history(parts, [](Ask& ask) {
    const auto system = [](const Entry& entry) { return entry.kind == Entry::Kind::system; };
    auto left = std::count_if(ask.history.begin(), ask.history.end(), system) - 1;
    std::erase_if(ask.history, [&](const Entry& entry) { return system(entry) && left-- > 0; });
  });
}

}  // namespace assay::reference
