// token-exchange.logout-does-not-revoke: the file as it was before stays beside the new one.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_file = [right = parts.write_file](const std::string& path,
                                                const std::string& bytes) -> Outcome<void> {
    if (const auto before = read_file(path)) [[maybe_unused]]
      const auto copied = right(path + ".bak", *before);
    return right(path, bytes);
  };
}

}  // namespace assay::reference
