// token-exchange.refresh-race-in-process: every request that is refused renews on its own.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.refresh = [right = parts.refresh](const Call& call, const std::string&) {
    const auto credential = current_credential(call);
    return right(call, credential ? secret_of(*credential) : "");
  };
}

}  // namespace assay::reference
