// Events of one item whose ids differ are refused.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(parts, "\"item_id\":\"rotated_");
}

}  // namespace assay::reference
