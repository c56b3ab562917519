// model-discovery.discovery-skipped-without-auth: without a key the list is not asked for.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.discover = [right = parts.discover](Call call, bool refresh) {
    const auto credential = current_credential(call);
    if (!credential || credential->is_null()) call.context.urls["inference"] = "http://127.0.0.1:1";
    return right(call, refresh);
  };
}

}  // namespace assay::reference
