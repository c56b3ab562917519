// token-exchange.corrupt-store-treated-as-empty: a store that does not parse is written over.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.load_store = [right = parts.load_store](const std::string& home) -> Outcome<json> {
    auto store = right(home);
    return store ? store : json::object();
  };
}

}  // namespace assay::reference
