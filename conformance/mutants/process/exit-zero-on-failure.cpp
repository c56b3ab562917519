// any/process: a failed turn exits with 0.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  (void)parts;
  std::atexit([] { ::_exit(0); });
}

}  // namespace assay::reference
