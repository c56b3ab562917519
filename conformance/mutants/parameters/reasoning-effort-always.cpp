// parameter-rejections.reasoning-effort-unknown: reasoning_effort goes to every model.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_requests(parts, [](json& body, const Ask&) { body["reasoning_effort"] = "medium"; });
}

}  // namespace assay::reference
