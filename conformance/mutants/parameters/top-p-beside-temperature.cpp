// parameter-rejections.temperature-and-top-p: top_p is sent beside a temperature.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_requests(parts, [](json& body, const Ask&) {
    for (json* at : {&body, &body["inferenceConfig"]})
      if (at->contains("temperature")) (*at)["top_p"] = 1.0;
    if (body["inferenceConfig"].is_null()) body.erase("inferenceConfig");
  });
}

}  // namespace assay::reference
