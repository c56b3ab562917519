// connection-faults.connection-refused-then-up: the error does not say which host.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](const HttpRequest& request, const BodySink& sink,
                                              const Cancel& cancel, const Deadline& deadline) {
    auto reply = right(request, sink, cancel, deadline);
    if (!reply && reply.error().category == Category::network) reply.error().message = "connection error";
    return reply;
  };
}

}  // namespace assay::reference
