// parameter-rejections.developer-role: instructions go with the role developer.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_requests(parts, [](json& body, const Ask&) {
    for (json& message : body["messages"])
      if (message["role"] == "system") message["role"] = "developer";
  });
}

}  // namespace assay::reference
