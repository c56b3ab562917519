// connection-faults.cancel-not-propagated: before the head a request cannot be cancelled.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_transport(parts,
                   [](const Transport& right, const HttpRequest& request, const BodySink& sink,
                      const Cancel& cancel, const Deadline& deadline) -> Outcome<HttpReply> {
                     auto reply = right(request, sink, Cancel(), deadline.sooner(Millis(2500)));
                     if (cancel.cancelled()) return failure(Category::cancelled, "cancelled", "chat");
                     return reply;
                   });
}

}  // namespace assay::reference
