// stream-semantics.oai-finish-empty-or-unknown: a finish reason that is in no list fails the stream.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(parts, "\"(finish_reason|stop_reason)\":(\"eos_token\"|13)");
}

}  // namespace assay::reference
