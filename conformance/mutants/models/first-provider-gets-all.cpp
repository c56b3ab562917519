// model-discovery.duplicate-ids-across-providers: the first provider gets the chat of them all.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto first = std::make_shared<std::string>();
  parts.discover = [right = parts.discover, first](const Call& call, bool refresh) {
    if (first->empty()) *first = call.context.url("inference");
    return right(call, refresh);
  };
  parts.base_url = [right = parts.base_url, first](const std::string& typed, const std::string& base_path) {
    return right(first->empty() ? typed : *first, base_path);
  };
}

}  // namespace assay::reference
