// model-discovery.pagination-midway-error: an error on a later page loses the pages before it.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.discover = [right = parts.discover](const Call& call, bool refresh) {
    auto found = right(call, refresh);
    if (found && found->contains("error") && found->at("source") == "live") (*found)["ids"] = json::array();
    return found;
  };
}

}  // namespace assay::reference
