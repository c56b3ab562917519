// parameter-rejections.json-mode-and-tools: the schema of the answer is not sent.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_requests(parts, [](json& body, const Ask&) { body.erase("response_format"); });
}

}  // namespace assay::reference
