// token-exchange.logout-does-not-revoke: the local entry survives a logout.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_file = [right = parts.write_file](const std::string& path,
                                                const std::string& bytes) -> Outcome<void> {
    const json now = json::parse(bytes, nullptr, false);
    const json before = json::parse(read_file(path).value_or("{}"), nullptr, false);
    if (before.contains("worldrouter") && !now.contains("worldrouter")) return {};
    return right(path, bytes);
  };
}

}  // namespace assay::reference
