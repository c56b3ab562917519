// connection-faults.stall-after-first-token: a stream that falls silent is waited for.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](HttpRequest request, const BodySink& sink, const Cancel& cancel,
                                              const Deadline& deadline) {
    request.idle_wait = std::chrono::hours(1);
    return right(request, sink, cancel, deadline);
  };
}

}  // namespace assay::reference
