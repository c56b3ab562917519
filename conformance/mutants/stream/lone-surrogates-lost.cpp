// stream-semantics.surrogate-escape-split: half of a surrogate pair is thrown away.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_reads(parts, [](std::string bytes) {
    for (const std::string half : {"\\ud83d", "\\ude00"})
      if (const auto at = bytes.find(half); at != std::string::npos) bytes.erase(at, half.size());
    return bytes;
  });
}

}  // namespace assay::reference
