// parameter-rejections.temperature-and-top-p: top_p is sent beside a temperature.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_requests(parts, [](json& body, const Ask&) {
    if (body.contains("temperature")) body["top_p"] = 1.0;
  });
}

}  // namespace assay::reference
