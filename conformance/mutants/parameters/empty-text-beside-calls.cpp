// parameter-rejections.empty-text-block: calls go back beside an empty text.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_requests(parts, [](json& body, const Ask&) {
    for (json& message : body["messages"])
      if (message["role"] == "assistant")
        message["content"].insert(message["content"].begin(), {{"type", "text"}, {"text", ""}});
  });
}

}  // namespace assay::reference
