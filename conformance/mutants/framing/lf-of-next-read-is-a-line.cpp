// LF at the beginning of a read is a line ending of its own, whatever came before.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_reads(parts, [](std::string bytes) { return bytes.starts_with('\n') ? "\n" + bytes : bytes; });
}

}  // namespace assay::reference
