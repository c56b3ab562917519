// stream-semantics.call-ids-repeat-across-turns: a call whose id was seen before, and was given another, does
// not run.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.may_run = [right = parts.may_run](const stream::Turn& turn, const stream::Block& call, bool failed) {
    return right(turn, call, failed) && !call.id.starts_with("call_");
  };
}

}  // namespace assay::reference
