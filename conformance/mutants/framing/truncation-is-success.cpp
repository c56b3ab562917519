// sse-framing.eof-before-terminal: an answer that ends before its end is a whole one.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.judge_end = [right = parts.judge_end](const stream::Turn& turn, const std::optional<Failure>& over) {
    auto failed = right(turn, over);
    if (failed && failed->category == Category::truncated) failed.reset();
    return failed;
  };
}

}  // namespace assay::reference
