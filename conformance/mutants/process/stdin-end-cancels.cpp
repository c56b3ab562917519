// any/process: the end of stdin is taken for the user who leaves.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_request = [right = parts.write_request](const Ask& ask) {
    char byte = 0;
    if (::read(STDIN_FILENO, &byte, 1) == 0) ::_exit(130);
    return right(ask);
  };
}

}  // namespace assay::reference
