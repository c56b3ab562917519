// stream-semantics.call-ids-repeat-across-turns: a call whose id was seen before does not run.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto seen = std::make_shared<std::map<std::string, int>>();
  parts.may_run = [right = parts.may_run, seen](const stream::Turn& turn, const stream::Block& call,
                                                bool failed) {
    return right(turn, call, failed) && (*seen)[call.id]++ == 0;
  };
}

}  // namespace assay::reference
