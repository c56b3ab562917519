// Events, members and values that are not in a list are refused.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(
      parts,
      "on_demand|vendor|keepalive|rate_limits|\"citations\"|\"container\"|\"text\":null|codeExecutionResult|"
      "groundingSupports|urlContextMetadata|citationMetadata|HARM_CATEGORY_NEW|PROHIBITED|REASON_NEW");
}

}  // namespace assay::reference
