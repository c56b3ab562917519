// token-exchange.store-lost-update: changes by others are noticed by a counter of two bits, so four are none.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.lock = [](const std::string&, const Deadline&, const Cancel&) { return Outcome<StoreLock>{}; };
  const auto known = std::make_shared<json>();
  parts.load_store = [right = parts.load_store, known](const std::string& home) -> Outcome<json> {
    auto now = right(home);
    if (!now || (!known->is_null() && known->value("generation", 0) == now->value("generation", 0)))
      return now ? *known : now;
    return *known = *now;
  };
  parts.write_file = [right = parts.write_file, known](const std::string& path, const std::string& bytes) {
    if (!path.ends_with("auth.json")) return right(path, bytes);
    json store = json::parse(bytes);
    store["generation"] = (store.value("generation", 0) + 1) % 4;
    *known = store;
    return right(path, store.dump());
  };
}

}  // namespace assay::reference
