// token-exchange.refresh-race-in-process: every request that is refused renews on its own.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.refresh = [right = parts.refresh](const Call& call, const std::string& used) {
    auto renewed = right(call, used);
    return renewed ? right(call, secret_of(*renewed)) : renewed;
  };
}

}  // namespace assay::reference
