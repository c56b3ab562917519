// token-exchange.store-write-not-atomic: that the store could not be written is nobody's business.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_file = [right = parts.write_file](const std::string& path,
                                                const std::string& bytes) -> Outcome<void> {
    [[maybe_unused]] const auto ignored = right(path, bytes);
    return {};
  };
}

}  // namespace assay::reference
