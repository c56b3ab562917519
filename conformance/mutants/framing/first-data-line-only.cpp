// Of the data lines of an event the first alone is read.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_reads(parts, [](std::string bytes) {
    for (const std::string ending : {"\r\n", "\r", "\n"})
      for (auto at = bytes.find(ending + "data: "); at != std::string::npos;
           at = bytes.find(ending + "data: ", at + 1))
        if (bytes.compare(std::max(at, ending.size()) - ending.size(), ending.size(), ending) != 0)
          bytes.replace(at + ending.size(), 4, "diti");
    return bytes;
  });
}

}  // namespace assay::reference
