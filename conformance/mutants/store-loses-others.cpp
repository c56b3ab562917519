// token-exchange.store-lost-update: a write forgets every other provider.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.load_store = [right = parts.load_store](const std::string& home) -> Outcome<json> {
    auto store = right(home);
    if (store && store->size() > 1) {
      const std::string first = store->begin().key();
      return json{{first, store->at(first)}};
    }
    return store;
  };
}

}  // namespace assay::reference
