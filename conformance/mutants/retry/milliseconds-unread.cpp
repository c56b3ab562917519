// retry-after-ms is not read.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](const HttpRequest& request, const BodySink& sink,
                                              const Cancel& cancel, const Deadline& deadline) {
    auto reply = right(request, sink, cancel, deadline);
    if (reply)
      std::erase_if(reply->headers, [](const Header& one) { return to_lower(one.name) == "retry-after-ms"; });
    return reply;
  };
}

}  // namespace assay::reference
