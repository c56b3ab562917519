// Token counts of which one is missing are refused.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(parts,
         "\"usageMetadata\":\\{(\"promptTokenCount\":\\d+,\"candidatesTokenCount\":\\d+\\}|"
         "\"promptTokenCount\":\\d+,\"totalTokenCount|\"candidatesTokenCount)");
}

}  // namespace assay::reference
