// token-exchange.login-does-not-reach-running-session: a key read once is used until the end.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto first = std::make_shared<std::optional<json>>();
  parts.load_store = [right = parts.load_store, first](const std::string& home) -> Outcome<json> {
    if (*first && !(*first)->empty()) return **first;
    auto store = right(home);
    if (store) *first = *store;
    return store;
  };
}

}  // namespace assay::reference
