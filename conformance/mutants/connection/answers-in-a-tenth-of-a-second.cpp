// connection-faults.slow-drip-no-idle: an answer that takes longer than 100 ms is given up.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_transport(parts, [](const Transport& right, const HttpRequest& request, const BodySink& sink,
                             const Cancel& cancel, const Deadline& deadline) {
    return right(request, sink, cancel, deadline.sooner(Millis(100)));
  });
}

}  // namespace assay::reference
