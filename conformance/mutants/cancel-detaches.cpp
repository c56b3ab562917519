// connection-faults.cancel-not-propagated: a cancelled request goes on behind the scenes.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](const HttpRequest& request, const BodySink&,
                                              const Cancel& cancel,
                                              const Deadline& deadline) -> Outcome<HttpReply> {
    const auto reply = std::make_shared<Outcome<HttpReply>>(failure(Category::cancelled, "cancelled"));
    const Cancel done;
    std::thread([=] {
      *reply = right(request, {}, Cancel(), Deadline::in(Millis(60000)));
      done.cancel();
    }).detach();
    wait_for(done.fd(), POLLIN, deadline, cancel);
    return cancel.cancelled() ? failure(Category::cancelled, "cancelled") : *reply;
  };
}

}  // namespace assay::reference
