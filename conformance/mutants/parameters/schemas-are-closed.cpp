// parameter-rejections.tool-schema-additional-properties: every schema gets additionalProperties.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_requests(parts, [](json& body, const Ask&) {
    for (json& tool : body["tools"])
      for (json& one : tool["functionDeclarations"]) one["parameters"]["additionalProperties"] = false;
  });
}

}  // namespace assay::reference
