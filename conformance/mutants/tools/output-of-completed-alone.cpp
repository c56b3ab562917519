// stream-semantics.responses-done-item-wins: an empty output of response.completed wipes the answer.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto wiped = std::make_shared<std::atomic<bool>>(false);
  change_reads(parts, [wiped](std::string bytes) {
    *wiped = Pattern::compile("(?s)response\\.completed.*\"output\":\\[\\]")->found_in(bytes);
    return bytes;
  });
  change_turns(parts, [wiped](stream::Turn& turn) {
    if (*wiped) turn.blocks.clear();
  });
}

}  // namespace assay::reference
