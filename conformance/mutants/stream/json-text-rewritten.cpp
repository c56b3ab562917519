// Text that is JSON is parsed and written anew.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    for (stream::Block& one : turn.blocks)
      if (one.kind == stream::Block::Kind::text && json::accept(one.text))
        one.text = json::parse(one.text).dump();
  });
}

}  // namespace assay::reference
