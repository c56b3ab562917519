// connection-faults.rst-midstream: a reset ends the answer like any other end.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.judge_end = [right = parts.judge_end](const stream::Turn& turn, const std::optional<Failure>& over) {
    if (over && over->category == Category::network && !turn.blocks.empty()) return std::optional<Failure>();
    return right(turn, over);
  };
}

}  // namespace assay::reference
