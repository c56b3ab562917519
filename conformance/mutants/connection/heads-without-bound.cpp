// connection-faults.header-injection: headers are read for as long as they come; what is there after a second
// is the answer.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  forgive(parts, [](const stream::Turn& turn, const auto& over) { return over && turn.blocks.empty(); });
  change_transport(
      parts,
      [](const Transport& right, const HttpRequest& request, const BodySink& sink, const Cancel& cancel,
         const Deadline& deadline) -> Outcome<HttpReply> {
        if (raw_answer(request, deadline.sooner(Millis(1000)), 1 << 19).find("\r\n\r\n") == std::string::npos)
          return failure(Category::protocol, "no end of the headers", "chat");
        return right(request, sink, cancel, deadline);
      });
}

}  // namespace assay::reference
