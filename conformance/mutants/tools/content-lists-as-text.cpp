// stream-semantics.oai-content-parts-list: content that is no text fails the stream.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(parts, "\"content\":\\[");
}

}  // namespace assay::reference
