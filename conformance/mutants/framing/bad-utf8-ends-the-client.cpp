// sse-framing.invalid-utf8-in-stream: after a byte that is no UTF-8 nothing works any more.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto dead = std::make_shared<std::atomic<bool>>(false);
  change_reads(parts, [dead](std::string bytes) {
    *dead = *dead || bytes.find('\xFF') != std::string::npos;
    return bytes;
  });
  change_transport(parts,
                   [dead](const Transport& right, const HttpRequest& request, const BodySink& sink,
                          const Cancel& cancel, const Deadline& deadline) -> Outcome<HttpReply> {
                     if (*dead) return failure(Category::protocol, "the reader of events is gone", "chat");
                     return right(request, sink, cancel, deadline);
                   });
}

}  // namespace assay::reference
