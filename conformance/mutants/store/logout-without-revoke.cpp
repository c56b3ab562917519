// token-exchange.logout-does-not-revoke: the key is forgotten here and lives on there.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.revoke = [](const Call&, const json&) -> json { return nullptr; };
}

}  // namespace assay::reference
