// connection-faults.half-close-request: an answer that comes before the upload ended is a broken pipe.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_transport(parts,
                   [](const Transport& right, const HttpRequest& request, const BodySink& sink,
                      const Cancel& cancel, const Deadline& deadline) -> Outcome<HttpReply> {
                     auto reply = right(request, sink, cancel, deadline);
                     if (reply && reply->status >= 400 && request.body.size() > 100000)
                       return failure(Category::network, "Broken pipe", "chat");
                     return reply;
                   });
}

}  // namespace assay::reference
