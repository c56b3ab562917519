// stream-semantics.oai-delta-null: a choice without a delta fails the stream.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(parts, "\"delta\":null|\"index\":0,\"(logprobs|finish_reason)\"");
}

}  // namespace assay::reference
