// model-discovery.duplicate-ids-within-list: ids are compared without case.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.read_models = [right = parts.read_models](const json& body) {
    auto models = right(body);
    if (models)
      for (json& model : *models) model["id"] = to_lower(model["id"].get<std::string>());
    return models;
  };
}

}  // namespace assay::reference
