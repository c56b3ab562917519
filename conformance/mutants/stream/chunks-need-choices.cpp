// A chunk without choices, deltas, candidates or parts is refused.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(parts,
         "data: "
         "(\\{\"id\":\"[^\"]*\",\"object\":\"[^\"]*\",\"created\":\\d+,\"model\":\"[^\"]*\"(,\"choices\":\\["
         "\\])?\\}|"
         ".*content_filter_offsets|.*\"content\":\\{\\}|\\{\"usageMetadata|\\{\"candidates\":\\[\\])");
}

}  // namespace assay::reference
