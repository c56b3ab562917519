// [DONE] is read as JSON in every protocol.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(parts, "(?m)^data: \\[DONE\\]");
}

}  // namespace assay::reference
