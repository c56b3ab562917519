// model-discovery.cache-never-expires: a failed discovery is never tried again.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.discover = [right = parts.discover](Call call, bool refresh) {
    call.context.provider.models_cooldown = std::chrono::hours(24 * 3650);
    return right(call, refresh);
  };
}

}  // namespace assay::reference
