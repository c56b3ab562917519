// connection-faults.many-parallel-streams: a second request while one runs is refused.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto running = std::make_shared<std::atomic<int>>(0);
  change_transport(parts,
                   [running](const Transport& right, const HttpRequest& request, const BodySink& sink,
                             const Cancel& cancel, const Deadline& deadline) -> Outcome<HttpReply> {
                     if (running->fetch_add(1) > 0)
                       return failure(Category::protocol, "no connection is free", "chat");
                     auto reply = right(request, sink, cancel, deadline);
                     *running = 0;
                     return reply;
                   });
}

}  // namespace assay::reference
