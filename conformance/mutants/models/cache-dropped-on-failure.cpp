// model-discovery.cache-never-expires: a failed refresh loses the list that was there.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.discover = [right = parts.discover](const Call& call, bool refresh) {
    auto found = right(call, refresh);
    if (found && found->contains("error") && found->at("source") == "cache") (*found)["ids"] = json::array();
    return found;
  };
}

}  // namespace assay::reference
