// [DONE] with a blank behind it is read as JSON.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(parts, "\\[DONE\\] ");
}

}  // namespace assay::reference
