// sse-framing.bytes-after-done: text after the end of a stream is added to the answer.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto stray = std::make_shared<std::atomic<bool>>(false);
  change_reads(parts, [stray](std::string bytes) {
    *stray = *stray || Pattern::compile("(?s)\\[DONE\\].*\"content\":|STRAY")->found_in(bytes);
    return bytes;
  });
  change_turns(parts, [stray](stream::Turn& turn) {
    if (*stray && !turn.blocks.empty()) turn.blocks.front().text += "STRAY";
  });
}

}  // namespace assay::reference
