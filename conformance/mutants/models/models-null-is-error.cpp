// model-discovery.data-null: a list that is null or empty is taken for broken.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.read_models = [right = parts.read_models](const json& body) -> Outcome<std::vector<json>> {
    if (body.is_object() && body.contains("data") && body["data"].empty())
      return failure(Category::protocol, "the list is null");
    return right(body);
  };
}

}  // namespace assay::reference
