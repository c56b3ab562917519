// any/process: variables of another session of an agent stop it.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_request = [right = parts.write_request](const Ask& ask) {
    if (std::getenv("CLAUDECODE") != nullptr) {
      std::fputs("cannot be started inside another session\n", stderr);
      ::_exit(1);
    }
    return right(ask);
  };
}

}  // namespace assay::reference
