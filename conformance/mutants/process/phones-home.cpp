// any/process: it tells its maker that it runs.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_request = [right = parts.write_request](const Ask& ask) {
    addrinfo* found = nullptr;
    if (::getaddrinfo("telemetry.example", "443", nullptr, &found) == 0) ::freeaddrinfo(found);
    return right(ask);
  };
}

}  // namespace assay::reference
