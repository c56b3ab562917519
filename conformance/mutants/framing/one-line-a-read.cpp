// sse-framing.ndjson-split-lines: of what one read brings the first line alone is taken.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_reads(parts, [](std::string bytes) { return bytes.substr(0, bytes.find('\n') + 1); });
}

}  // namespace assay::reference
