// parameter-rejections.thinking-budget-vs-max-tokens: max_tokens leaves no room for an answer.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_requests(parts, [](json& body, const Ask&) {
    if (body.contains("thinking")) body["max_tokens"] = 1024;
  });
}

}  // namespace assay::reference
