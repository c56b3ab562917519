// parameter-rejections.wire-format-tools-container: tools are one object.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_requests(parts, [](json& body, const Ask&) {
    if (body.contains("tools")) body["tools"] = json(body["tools"][0]);
  });
}

}  // namespace assay::reference
