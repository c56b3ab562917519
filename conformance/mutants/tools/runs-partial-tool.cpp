// http-errors.midstream-retry-duplicates: half a tool call runs.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.may_run = [](const stream::Turn&, const stream::Block&, bool) { return true; };
}

}  // namespace assay::reference
