// parameter-rejections.tool-name-constraints: tools are offered under names that providers refuse.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_history(parts, [](Ask& ask) {
    for (Tool& tool : ask.tools) tool.name = "functions/" + tool.name;
  });
}

}  // namespace assay::reference
