// Text of every choice is text of the first.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    for (stream::Block& one : turn.blocks) one.choice = 0;
  });
}

}  // namespace assay::reference
