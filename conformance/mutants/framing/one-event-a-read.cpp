// sse-framing.proxy-buffering: of what one read brings the first event alone is taken.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_reads(parts, [](std::string bytes) {
    const auto end = std::min(bytes.find("\n\n"), bytes.find("\n\r\n"));
    return end == std::string::npos ? bytes : bytes.substr(0, end + 1) + '\n';
  });
}

}  // namespace assay::reference
