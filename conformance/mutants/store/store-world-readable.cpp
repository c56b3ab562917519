// token-exchange.store-world-readable: the file is readable by all.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_file = [right = parts.write_file](const std::string& path, const std::string& bytes) {
    auto written = right(path, bytes);
    ::chmod(path.c_str(), 0644);
    return written;
  };
}

}  // namespace assay::reference
