// A body that is no event stream is read line by line.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(parts, "^\\{\\n");
}

}  // namespace assay::reference
