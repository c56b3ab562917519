// http-errors.redirect-same-host-drops-auth: after a redirect the request is a GET.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_transport(parts, [](const Transport& right, HttpRequest request, const BodySink& sink,
                             const Cancel& cancel, const Deadline& deadline) {
    auto reply = right(request, sink, cancel, deadline);
    if (!reply || reply->status / 100 != 3) return reply;
    request.method = "GET";
    request.body.clear();
    return right(request, sink, cancel, deadline);
  });
}

}  // namespace assay::reference
