// What stands beside the stop reason is lost.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    std::erase_if(turn.extras, [](const stream::Extra& extra) { return extra.name == "stop_details"; });
  });
}

}  // namespace assay::reference
