// connection-faults.chunked-refused-by-hand-client: chunk extensions, trailers, 1xx and folded lines are
// refused.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_transport(parts,
                   [](const Transport& right, const HttpRequest& request, const BodySink& sink,
                      const Cancel& cancel, const Deadline& deadline) -> Outcome<HttpReply> {
                     const auto extras = Pattern::compile(
                         "^HTTP/1.1 1|\\r\\n[0-9a-fA-F]+;|\\r\\n0\\r\\n[^\\r]|^[^{]*\\r\\n[ \\t]");
                     if (extras->found_in(raw_answer(request, deadline)))
                       return failure(Category::protocol, "not understood", "chat");
                     return right(request, sink, cancel, deadline);
                   });
}

}  // namespace assay::reference
