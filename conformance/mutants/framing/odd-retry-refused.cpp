// sse-framing.id-null-retry-nondigit: a retry that is no number fails the stream.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(parts, "(?m)^retry: 10x|^id: .*\\x00");
}

}  // namespace assay::reference
