// sse-framing.gzip-buffered-stream: a body that says it is compressed is an empty answer.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  forgive(parts, [](const stream::Turn& turn, const auto&) { return turn.blocks.empty(); });
  change_transport(parts, [](const Transport& right, const HttpRequest& request, const BodySink& sink,
                             const Cancel& cancel, const Deadline& deadline) {
    bool coded = false;
    BodySink blind = sink;
    blind.on_head = [&](const HttpReply& head) {
      coded = find_header(head.headers, "content-encoding") != nullptr;
      return sink.on_head && sink.on_head(head);
    };
    blind.on_bytes = [&](std::string_view bytes) { return coded || sink.on_bytes(bytes); };
    return right(request, blind, cancel, deadline);
  });
}

}  // namespace assay::reference
