// sse-framing.event-name-vs-type: only the name of an event says what it is.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(parts, "(?m)^event: message$|(^|\\n\\n)data: \\{\"type\"");
}

}  // namespace assay::reference
