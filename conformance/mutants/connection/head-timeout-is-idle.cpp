// connection-faults.slow-first-token-killed: the wait for the first byte is cut short.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](HttpRequest request, const BodySink& sink, const Cancel& cancel,
                                              const Deadline& deadline) {
    if (request.method == "POST") request.head_wait = std::min(request.head_wait, Millis(200));
    return right(request, sink, cancel, deadline);
  };
}

}  // namespace assay::reference
