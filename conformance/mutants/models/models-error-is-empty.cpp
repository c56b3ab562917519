// model-discovery.error-envelope-with-200: an error object with status 200 is an empty list.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.read_models = [right = parts.read_models](const json& body) -> Outcome<std::vector<json>> {
    if (body.is_object() && body.contains("error")) return std::vector<json>();
    return right(body);
  };
}

}  // namespace assay::reference
