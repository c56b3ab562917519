// A request without tools has an empty list of them.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_requests(parts, [](json& body, const Ask&) {
    if (!body.contains("tools")) body["tools"] = json::array();
  });
}

}  // namespace assay::reference
