// token-exchange.store-lost-update: a write forgets every entry that it does not change.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_file = [right = parts.write_file](const std::string& path, const std::string& bytes) {
    const json before = json::parse(read_file(path).value_or("{}"), nullptr, false);
    json changed = json::parse(bytes, nullptr, false);
    if (path.ends_with("auth.json"))
      for (const auto& [name, entry] : before.items())
        if (changed.value(name, json()) == entry) changed.erase(name);
    return right(path, path.ends_with("auth.json") ? changed.dump() : bytes);
  };
}

}  // namespace assay::reference
