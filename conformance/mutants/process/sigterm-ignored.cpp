// any/process: it does not end when it is told to.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  (void)parts;
  std::signal(SIGTERM, SIG_IGN);
}

}  // namespace assay::reference
