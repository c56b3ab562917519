// sse-framing.empty-data-field: empty data is read as JSON.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(parts, "(?m)^data:? ?\\r?$");
}

}  // namespace assay::reference
