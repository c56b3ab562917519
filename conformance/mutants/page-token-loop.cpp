// model-discovery.pagination-same-token-loop: a page that names itself is asked for again.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.next_page = [right = parts.next_page](const json& body, const std::vector<std::string>&) {
    return right(body, {""});
  };
}

}  // namespace assay::reference
