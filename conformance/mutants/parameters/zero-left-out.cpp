// A parameter that is 0 counts as absent.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_history(parts, [](Ask& ask) {
    json kept = json::object();
    for (const auto& [name, value] : ask.params.items())
      if (value != 0) kept[name] = value;
    ask.params = std::move(kept);
  });
}

}  // namespace assay::reference
