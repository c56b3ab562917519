// connection-faults.keepalive-poisoned-by-early-close: who was cancelled once cannot ask again.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto stuck = std::make_shared<std::atomic<bool>>(false);
  change_transport(parts,
                   [stuck](const Transport& right, const HttpRequest& request, const BodySink& sink,
                           const Cancel& cancel, const Deadline& deadline) -> Outcome<HttpReply> {
                     if (*stuck) return failure(Category::cancelled, "cancelled", "chat");
                     auto reply = right(request, sink, cancel, deadline);
                     *stuck = cancel.cancelled();
                     return reply;
                   });
}

}  // namespace assay::reference
