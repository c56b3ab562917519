// parameter-rejections.temperature-unsupported: a refused parameter ends the turn.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.refused_param = [](const json&, const Failure&) -> std::optional<std::string> { return {}; };
}

}  // namespace assay::reference
