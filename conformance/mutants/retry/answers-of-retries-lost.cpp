// http-errors.retry-before-content-lost: what a second attempt brings is not shown.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto attempts = std::make_shared<std::atomic<int>>(0);
  change_turns(parts, [attempts](stream::Turn& turn) {
    if ((*attempts)++ > 0) turn.blocks.clear();
  });
}

}  // namespace assay::reference
