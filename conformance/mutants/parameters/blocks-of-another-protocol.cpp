// parameter-rejections.model-switch-history: proofs of one provider go to another.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_requests(parts, [](json& body, const Ask&) {
    for (json& message : body["messages"])
      if (body.contains("stream_options") && message["role"] == "assistant") message["signature"] = "c2ln";
  });
}

}  // namespace assay::reference
