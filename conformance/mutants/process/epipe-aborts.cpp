// any/process: it dies of a reader that went away.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_request = [right = parts.write_request](const Ask& ask) {
    std::signal(SIGPIPE, [](int) { std::abort(); });
    return right(ask);
  };
}

}  // namespace assay::reference
