// Fields other than event and data are refused.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(parts, "(?m)^(retry|id|foo): |^lonely|^: OPENROUTER|\\n\\n\\n");
}

}  // namespace assay::reference
