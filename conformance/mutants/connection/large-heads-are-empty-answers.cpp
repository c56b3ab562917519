// connection-faults.header-injection: a head that is too large is an empty answer.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  forgive(parts, [](const stream::Turn& turn, const auto& over) { return over && turn.blocks.empty(); });
  change_transport(parts,
                   [](const Transport& right, const HttpRequest& request, const BodySink& sink,
                      const Cancel& cancel, const Deadline& deadline) -> Outcome<HttpReply> {
                     if (raw_answer(request, deadline).find("\r\n\r\n") > 4000)
                       return failure(Category::protocol, "header overflow", "chat");
                     return right(request, sink, cancel, deadline);
                   });
}

}  // namespace assay::reference
