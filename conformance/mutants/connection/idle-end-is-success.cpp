// connection-faults.stall-after-first-token: after half a minute of silence what came so far is the answer.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](HttpRequest request, const BodySink& sink, const Cancel& cancel,
                                              const Deadline& deadline) {
    request.idle_wait = std::chrono::seconds(30);
    return right(request, sink, cancel, deadline);
  };
  parts.judge_end = [right = parts.judge_end](const stream::Turn& turn, const std::optional<Failure>& over) {
    if (over && over->category == Category::timeout && !turn.blocks.empty()) return std::optional<Failure>();
    return right(turn, over);
  };
}

}  // namespace assay::reference
