// parameter-rejections.parallel-tool-calls-param: parallel_tool_calls goes with every request.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_requests(parts, [](json& body, const Ask&) { body["parallel_tool_calls"] = true; });
}

}  // namespace assay::reference
