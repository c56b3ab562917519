// A chunk whose choices are null fails the stream.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(parts, "\"choices\":null");
}

}  // namespace assay::reference
