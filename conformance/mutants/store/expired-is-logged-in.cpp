// token-exchange.status-says-logged-in-when-expired: an entry is a session, however old.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.credential_state = [](const json& credential, std::int64_t) -> std::string {
    return credential.is_object() ? "present" : "absent";
  };
}

}  // namespace assay::reference
