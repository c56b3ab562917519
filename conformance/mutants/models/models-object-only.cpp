// model-discovery.bare-array: a list without {data: ...} around it is an empty one.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.read_models = [right = parts.read_models](const json& body) -> Outcome<std::vector<json>> {
    if (!body.is_object() || !body.contains("data")) return std::vector<json>();
    return right(body);
  };
}

}  // namespace assay::reference
