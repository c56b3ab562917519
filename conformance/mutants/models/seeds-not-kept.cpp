// model-discovery.discovery-401-provider-vanishes: a failed discovery leaves no model at all.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.discover = [right = parts.discover](const Call& call, bool refresh) {
    auto found = right(call, refresh);
    if (found && found->at("source") == "seeds") (*found)["ids"] = (*found)["models"] = json::array();
    return found;
  };
}

}  // namespace assay::reference
