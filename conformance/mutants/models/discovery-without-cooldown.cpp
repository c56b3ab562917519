// model-discovery.failed-discovery-refetched-each-time: every look asks a dead endpoint again.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.discover = [right = parts.discover](Call call, bool refresh) {
    call.context.provider.models_cooldown = std::chrono::seconds(0);
    return right(call, refresh);
  };
}

}  // namespace assay::reference
