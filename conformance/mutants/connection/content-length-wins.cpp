// connection-faults.te-and-cl-both: Content-Length counts beside Transfer-Encoding.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  forgive(parts, [](const stream::Turn& turn, const auto&) { return !turn.blocks.empty(); });
  change_transport(parts, [](const Transport& right, const HttpRequest& request, const BodySink& sink,
                             const Cancel& cancel, const Deadline& deadline) {
    const std::string raw = raw_answer(request, deadline);
    const auto length = Pattern::compile("(?i)content-length: *[0-9]+")->first_in(raw);
    if (!length || raw.find("chunked") == std::string::npos) return right(request, sink, cancel, deadline);
    HttpReply reply;
    reply.status = 200;
    sink.on_head(reply);
    const std::size_t most = std::stoul(length->substr(length->find(' ')));
    sink.on_bytes(raw.substr(raw.find("\r\n\r\n") + 4, most));
    return Outcome<HttpReply>(reply);
  });
}

}  // namespace assay::reference
