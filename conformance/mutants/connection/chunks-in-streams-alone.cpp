// connection-faults.chunked-refused-by-hand-client: chunks are decoded in event streams alone.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_transport(parts,
                   [](const Transport& right, const HttpRequest& request, const BodySink& sink,
                      const Cancel& cancel, const Deadline& deadline) -> Outcome<HttpReply> {
                     bool raw = false;
                     BodySink picky = sink;
                     picky.on_head = [&](const HttpReply& head) {
                       const std::string* type = find_header(head.headers, "content-type");
                       raw = find_header(head.headers, "transfer-encoding") != nullptr && type != nullptr &&
                             type->find("event-stream") == std::string::npos;
                       return sink.on_head && sink.on_head(head);
                     };
                     picky.on_bytes = [&](std::string_view bytes) { return !raw && sink.on_bytes(bytes); };
                     return right(request, picky, cancel, deadline);
                   });
}

}  // namespace assay::reference
