// token-exchange.store-lost-update: the store is read once a process, and written whole from memory.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto memory = std::make_shared<std::optional<json>>();
  parts.load_store = [right = parts.load_store, memory](const std::string& home) -> Outcome<json> {
    if (*memory) return **memory;
    auto store = right(home);
    if (store) *memory = *store;
    return store;
  };
  parts.write_file = [right = parts.write_file, memory](const std::string& path, const std::string& bytes) {
    if (path.ends_with("auth.json")) *memory = json::parse(bytes);
    return right(path, bytes);
  };
}

}  // namespace assay::reference
