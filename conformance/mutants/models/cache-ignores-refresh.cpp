// model-discovery.cache-never-expires: a cached list is never asked for again.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.discover = [right = parts.discover](Call call, bool) {
    call.context.provider.models_ttl = std::chrono::hours(24 * 3650);
    return right(call, false);
  };
}

}  // namespace assay::reference
