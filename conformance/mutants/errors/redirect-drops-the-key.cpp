// http-errors.redirect-same-host-drops-auth: a redirect is followed without the key.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_transport(parts, [](const Transport& right, HttpRequest request, const BodySink& sink,
                             const Cancel& cancel, const Deadline& deadline) {
    auto reply = right(request, sink, cancel, deadline);
    if (!reply || reply->status / 100 != 3) return reply;
    std::erase_if(request.headers, [](const Header& one) { return to_lower(one.name) == "authorization"; });
    return right(request, sink, cancel, deadline);
  });
}

}  // namespace assay::reference
