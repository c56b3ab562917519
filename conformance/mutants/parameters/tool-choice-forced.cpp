// parameter-rejections.forced-tool-choice-rejected: tools are offered with a forced choice.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_requests(parts, [](json& body, const Ask&) {
    if (body.contains("tools")) body["tool_choice"] = "required";
  });
}

}  // namespace assay::reference
