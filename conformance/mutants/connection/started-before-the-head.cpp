// Whatever status comes, a stream is said to have begun.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](const HttpRequest& request, const BodySink& sink,
                                              const Cancel& cancel, const Deadline& deadline) {
    BodySink open = sink;
    if (sink.on_head)
      open.on_head = [&sink](HttpReply head) {
        head.status = 200;
        return sink.on_head(head);
      };
    return right(request, open, cancel, deadline);
  };
}

}  // namespace assay::reference
