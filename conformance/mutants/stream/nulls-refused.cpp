// A member that is null is refused where it may be absent.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(parts,
         "\"(usage|tool_calls|role|native_finish_reason|system_fingerprint|delta|content|text|"
         "reasoning_tokens|cached_tokens|output_tokens_details)\":null");
}

}  // namespace assay::reference
