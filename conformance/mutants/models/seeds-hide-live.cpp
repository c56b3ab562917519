// model-discovery.hardcoded-seed-hides-live: the built-in models are offered, never the live list.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.discover = [right = parts.discover](const Call& call, bool refresh) {
    auto found = right(call, refresh);
    if (found) (*found)["ids"] = call.context.provider.seeds;
    return found;
  };
}

}  // namespace assay::reference
