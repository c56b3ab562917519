// connection-faults.http10-close-delimited: a response without chunks is refused.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_transport(parts,
                   [](const Transport& right, const HttpRequest& request, const BodySink& sink,
                      const Cancel& cancel, const Deadline& deadline) -> Outcome<HttpReply> {
                     bool chunked = false;
                     BodySink picky = sink;
                     picky.on_head = [&](const HttpReply& head) {
                       chunked = find_header(head.headers, "transfer-encoding") != nullptr;
                       return sink.on_head && sink.on_head(head);
                     };
                     picky.on_bytes = [&](std::string_view bytes) { return chunked && sink.on_bytes(bytes); };
                     auto reply = right(request, picky, cancel, deadline);
                     if (reply && !chunked)
                       return failure(Category::protocol, "the response is not chunked", "chat");
                     return reply;
                   });
}

}  // namespace assay::reference
