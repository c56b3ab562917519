// connection-faults.request-body-consumed: the body of a request is read once; a retry sends nothing.
#include <atomic>
#include <memory>

#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto sent = std::make_shared<std::atomic<int>>(0);
  parts.transport = [right = parts.transport, sent](HttpRequest request, const BodySink& sink,
                                                    const Cancel& cancel, const Deadline& deadline) {
    if (request.method == "POST" && (*sent)++ > 0) request.body.clear();
    return right(request, sink, cancel, deadline);
  };
}

}  // namespace assay::reference
