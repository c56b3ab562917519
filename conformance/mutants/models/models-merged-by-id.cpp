// model-discovery.duplicate-ids-across-providers: a model that another provider lists too is left out.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto owners = std::make_shared<std::map<json, std::string>>();
  parts.discover = [right = parts.discover, owners](const Call& call, bool refresh) {
    auto found = right(call, refresh);
    for (const char* list : {"ids", "models"})
      for (json kept = json::array(), all = found ? found->at(list) : kept; const json& one : all) {
        const std::string& owner =
            owners->emplace(one.is_object() ? one["id"] : one, call.context.provider.id).first->second;
        if (owner == call.context.provider.id) kept.push_back(one);
        (*found)[list] = kept;
      }
    return found;
  };
}

}  // namespace assay::reference
