// sse-framing.leading-bom: a stream that begins with a byte order mark is refused.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(parts, "^\\x{FEFF}");
}

}  // namespace assay::reference
