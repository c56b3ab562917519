// model-discovery.slow-endpoint-blocks-startup: a silent endpoint is waited for until the deadline.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](HttpRequest request, const BodySink& sink, const Cancel& cancel,
                                              const Deadline& deadline) {
    if (request.url.find("/models") == std::string::npos) return right(request, sink, cancel, deadline);
    request.head_wait = request.idle_wait = std::chrono::hours(1);
    return right(request, sink, cancel, Deadline::in(std::chrono::hours(1)));
  };
}

}  // namespace assay::reference
