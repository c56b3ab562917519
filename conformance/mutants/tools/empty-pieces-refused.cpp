// stream-semantics.anthropic-ping-and-empty-delta: a ping before the message fails the stream.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(parts, "^event: ping");
}

}  // namespace assay::reference
