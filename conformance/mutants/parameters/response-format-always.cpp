// parameter-rejections.json-mode-and-tools: response_format goes with every request.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_requests(parts, [](json& body, const Ask&) { body["response_format"] = {{"type", "text"}}; });
}

}  // namespace assay::reference
