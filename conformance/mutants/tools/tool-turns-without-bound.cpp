// stream-semantics.oai-finish-tools-without-calls: the model may call tools without end.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.most_tool_turns = 1000;
}

}  // namespace assay::reference
