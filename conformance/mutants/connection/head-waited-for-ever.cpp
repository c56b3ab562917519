// The head of a response is waited for without a limit.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_transport(parts, [](const Transport& right, HttpRequest request, const BodySink& sink,
                             const Cancel& cancel, const Deadline& deadline) {
    request.head_wait = request.idle_wait = std::chrono::hours(1);
    return right(request, sink, cancel, deadline);
  });
}

}  // namespace assay::reference
