// model-discovery.null-entries-and-null-id: an entry without an id is offered.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.read_models = [right = parts.read_models](const json& body) {
    auto models = right(body);
    const json list = body.is_object() ? body.value("data", json::array()) : json::array();
    for (const json& entry : list.is_array() ? list : json::array())
      if (models && (!entry.is_object() || !entry.value("id", json()).is_string()))
        models->push_back({{"id", "null"}});
    return models;
  };
}

}  // namespace assay::reference
