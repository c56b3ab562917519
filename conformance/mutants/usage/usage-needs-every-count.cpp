// stream-semantics.oai-usage-partial-object: token counts of which one is missing fail the stream.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(parts, "\"usage\":\\{\\}|\"prompt_tokens\":12\\}|\"prompt_tokens_details\":null");
}

}  // namespace assay::reference
