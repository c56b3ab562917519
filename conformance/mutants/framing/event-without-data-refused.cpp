// sse-framing.event-without-data: an event that has no data fails the stream.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(parts, "(?m)^(event|id|retry): .*\\n\\n");
}

}  // namespace assay::reference
