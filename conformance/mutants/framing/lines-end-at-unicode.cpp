// U+2028, U+2029 and U+0085 end a line, as splitlines() of many languages has it.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_reads(parts, [](std::string bytes) {
    for (const std::string mark : {"\xE2\x80\xA8", "\xE2\x80\xA9", "\xC2\x85"})
      for (auto at = bytes.find(mark); at != std::string::npos; at = bytes.find(mark, at))
        bytes.replace(at, mark.size(), "\n");
    return bytes;
  });
}

}  // namespace assay::reference
