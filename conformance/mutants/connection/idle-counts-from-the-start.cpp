// connection-faults.slow-drip-no-idle: the idle timeout is a limit of the whole answer, however lively it is.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](const HttpRequest& request, const BodySink& sink,
                                              const Cancel& cancel, const Deadline& deadline) {
    return right(request, sink, cancel, deadline.sooner(request.idle_wait));
  };
}

}  // namespace assay::reference
