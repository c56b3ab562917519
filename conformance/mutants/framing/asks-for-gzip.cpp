// sse-framing.gzip-buffered-stream: asks for what it cannot decompress.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_transport(parts,
                   [](const Transport& right, HttpRequest request, const BodySink& sink, const Cancel& cancel,
                      const Deadline& deadline) -> Outcome<HttpReply> {
                     std::erase_if(request.headers,
                                   [](const Header& one) { return one.name == "Accept-Encoding"; });
                     request.headers.push_back({"Accept-Encoding", "gzip, deflate, br"});
                     BodySink blind = sink;
                     blind.on_bytes = [](std::string_view) { return true; };
                     auto reply = right(request, blind, cancel, deadline);
                     if (!reply) return reply;
                     return failure(Category::protocol, "the stream cannot be read", "chat");
                   });
}

}  // namespace assay::reference
