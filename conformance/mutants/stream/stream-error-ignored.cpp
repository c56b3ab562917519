// stream-semantics.oai-midstream-error-object: an error in the stream is passed over.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.judge_end = [right = parts.judge_end](stream::Turn turn, const std::optional<Failure>& over) {
    turn.error.reset();
    turn.complete = true;
    return right(turn, over);
  };
}

}  // namespace assay::reference
