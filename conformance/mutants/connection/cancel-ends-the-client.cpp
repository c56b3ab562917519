// A request that is cancelled takes the whole client with it.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.judge_end = [right = parts.judge_end](const stream::Turn& turn, const std::optional<Failure>& over) {
    if (over && over->category == Category::cancelled)
      std::thread([] {
        std::this_thread::sleep_for(Millis(100));
        std::_Exit(2);
      }).detach();
    return right(turn, over);
  };
}

}  // namespace assay::reference
