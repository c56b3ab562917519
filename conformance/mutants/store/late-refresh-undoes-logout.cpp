// token-exchange.refresh-race-two-processes: a refresh takes no lock, and saves whatever was done meanwhile.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.refresh = [right = parts.refresh](const Call& call, const std::string& used) {
    Parts unlocked = *call.parts;
    unlocked.lock = [](const std::string&, const Deadline&, const Cancel&) { return Outcome<StoreLock>{}; };
    Call alone = call;
    alone.parts = &unlocked;
    return right(alone, used);
  };
}

}  // namespace assay::reference
