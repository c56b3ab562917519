// parameter-rejections.stream-options-unsupported: stream_options go with every request.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_requests(parts, [](json& body, const Ask&) { body["stream_options"] = {{"include_usage", true}}; });
}

}  // namespace assay::reference
