// A chunk without choices, deltas, candidates or parts is refused.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(parts,
         "data: \\{(\"choices\":\\[\\],)?\"created\":1700000000,\"id\":\"chatcmpl-1\"|content_filter_offsets|"
         "\"content\":\\{(\"role\":\"model\")?\\}|data: \\{\"(modelVersion|candidates\":\\[\\])");
}

}  // namespace assay::reference
