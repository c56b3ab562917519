// any/process: it reads stdin to its end although the prompt is given.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_request = [right = parts.write_request](const Ask& ask) {
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {
    }
    return right(ask);
  };
}

}  // namespace assay::reference
