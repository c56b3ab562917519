// any/process: a helper goes on when the program has ended.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_request = [right = parts.write_request](const Ask& ask) {
    if (::fork() == 0) {
      while (true) ::pause();
    }
    return right(ask);
  };
}

}  // namespace assay::reference
