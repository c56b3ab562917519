// connection-faults.keepalive-reuse-race: a kept connection that was closed while idle fails the next
// request.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto kept = std::make_shared<int>(-1);
  change_transport(parts,
                   [kept](const Transport& right, const HttpRequest& request, const BodySink& sink,
                          const Cancel& cancel, const Deadline& deadline) -> Outcome<HttpReply> {
                     char byte = 0;
                     pause(Millis(*kept < 0 ? 0 : 30), deadline, cancel);
                     if (*kept >= 0 && ::recv(*kept, &byte, 1, MSG_DONTWAIT) == 0)
                       return failure(Category::protocol, "socket hang up", "chat");
                     raw_answer(request, deadline, 4096, kept.get());
                     return right(request, sink, cancel, deadline);
                   });
}

}  // namespace assay::reference
