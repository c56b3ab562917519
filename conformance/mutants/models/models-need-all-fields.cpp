// model-discovery.missing-optional-field: one entry without owned_by spoils the list.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.read_models = [right = parts.read_models](const json& body) -> Outcome<std::vector<json>> {
    if (body.is_object() && body.contains("data") && body["data"].is_array())
      for (const json& entry : body["data"])
        if (!entry.contains("owned_by") || !entry.contains("created"))
          return failure(Category::protocol, "a model has no owner");
    return right(body);
  };
}

}  // namespace assay::reference
