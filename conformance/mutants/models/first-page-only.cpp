// model-discovery.pagination-ignored: the second page is never asked for.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.next_page = [](const json&, const std::vector<std::string>&) { return std::string(); };
}

}  // namespace assay::reference
