// Token counts of which one is missing are refused.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(parts, R"("usageMetadata":\{("promptTokenCount":\d+,"candidatesTokenCount":\d+\}|)"
                R"("promptTokenCount":\d+,"totalTokenCount|"candidatesTokenCount))");
}

}  // namespace assay::reference
