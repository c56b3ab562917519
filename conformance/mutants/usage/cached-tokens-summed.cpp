// Cached tokens that come twice are added.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    if (turn.usage && turn.usage->cache_read) turn.usage->cache_read = *turn.usage->cache_read * 2;
  });
}

}  // namespace assay::reference
