// token-exchange.config-id-rename-orphans-creds: an entry under a former id is not found.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.load_store = [right = parts.load_store](const std::string& home) -> Outcome<json> {
    auto store = right(home);
    if (store) store->erase("worldagent");
    return store;
  };
}

}  // namespace assay::reference
