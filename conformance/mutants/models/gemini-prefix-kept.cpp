// model-discovery.gemini-models-prefix: the resource name is taken for the id.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.read_models = [right = parts.read_models](const json& body) {
    auto models = right(body);
    if (models && body.is_object() && body.contains("models"))
      for (json& model : *models) model["id"] = "models/" + model["id"].get<std::string>();
    return models;
  };
}

}  // namespace assay::reference
