// parameter-rejections.content-parts-array: content is a list of parts.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_requests(parts, [](json& body, const Ask&) {
    for (json& message : body["messages"])
      if (message["content"].is_string())
        message["content"] = json::array({{{"type", "text"}, {"text", message["content"]}}});
  });
}

}  // namespace assay::reference
