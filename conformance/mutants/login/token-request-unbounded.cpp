// oauth-login.exchange-after-callback-unbounded: the token endpoint is waited for past every deadline.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_transport(parts, [](const Transport& right, HttpRequest request, const BodySink& sink,
                             const Cancel& cancel, const Deadline& deadline) {
    if (request.body.find("grant_type") == std::string::npos) return right(request, sink, cancel, deadline);
    request.head_wait = request.idle_wait = Millis(std::chrono::hours(1));
    return right(request, sink, cancel, Deadline{});
  });
}

}  // namespace assay::reference
