// sse-framing.json-instead-of-sse: what an error object with status 200 says is lost.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.judge_end = [right = parts.judge_end](const stream::Turn& turn, const std::optional<Failure>& over) {
    auto failed = right(turn, over);
    if (failed) failed->message = "no answer came";
    return failed;
  };
}

}  // namespace assay::reference
