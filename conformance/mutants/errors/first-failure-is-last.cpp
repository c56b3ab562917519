// A turn that failed fails all that follow.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto failed = std::make_shared<std::atomic<bool>>(false);
  parts.transport = [right = parts.transport, failed](const HttpRequest& request, const BodySink& sink,
                                                      const Cancel& cancel,
                                                      const Deadline& deadline) -> Outcome<HttpReply> {
    if (*failed) return failure(Category::invalid_request, "an earlier turn failed", "chat");
    auto reply = right(request, sink, cancel, deadline);
    *failed = reply && reply->status == 400;
    return reply;
  };
}

}  // namespace assay::reference
