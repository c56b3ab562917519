// parameter-rejections.max-tokens-vs-max-completion-tokens: max_tokens goes to every model.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_requests(parts, [](json& body, const Ask&) { body["max_tokens"] = 4096; });
}

}  // namespace assay::reference
