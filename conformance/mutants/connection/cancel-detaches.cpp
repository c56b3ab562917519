// connection-faults.cancel-not-propagated: a cancelled request goes on behind the scenes.
#include <future>

#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](const HttpRequest& request, const BodySink&,
                                              const Cancel& cancel,
                                              const Deadline& deadline) -> Outcome<HttpReply> {
    const auto answer = std::make_shared<std::promise<Outcome<HttpReply>>>();
    auto reply = answer->get_future();
    const Cancel done;
    std::thread([=] {
      answer->set_value(right(request, {}, Cancel(), Deadline::in(Millis(60000))));
      done.cancel();
    }).detach();
    wait_for(done.fd(), POLLIN, deadline, cancel);
    if (cancel.cancelled() || !done.cancelled()) return failure(Category::cancelled, "cancelled");
    return reply.get();
  };
}

}  // namespace assay::reference
