// model-discovery.pagination-same-token-loop: a page that names itself is asked for again, without end.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.next_page = [right = parts.next_page](const json& body, const std::vector<std::string>&) {
    return right(body, {""});
  };
  parts.discover = [right = parts.discover](Call call, bool refresh) {
    call.context.provider.models_max_pages = 1'000'000;
    return right(call, refresh);
  };
}

}  // namespace assay::reference
