// stream-semantics.oai-finish-length: a call that the length limit cut runs.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.may_run = [](const stream::Turn&, const stream::Block&, bool failed) { return !failed; };
}

}  // namespace assay::reference
