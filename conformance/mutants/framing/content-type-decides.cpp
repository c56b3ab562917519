// Only text/event-stream is a stream; anything else is an empty answer.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  forgive(parts, [](const stream::Turn& turn, const auto&) { return turn.blocks.empty(); });
  change_transport(parts, [](const Transport& right, const HttpRequest& request, const BodySink& sink,
                             const Cancel& cancel, const Deadline& deadline) {
    bool stream = false;
    BodySink picky = sink;
    picky.on_head = [&](const HttpReply& head) {
      const std::string* type = find_header(head.headers, "content-type");
      stream = type != nullptr && type->starts_with("text/event-stream");
      return sink.on_head && sink.on_head(head);
    };
    picky.on_bytes = [&](std::string_view bytes) { return !stream || sink.on_bytes(bytes); };
    return right(request, picky, cancel, deadline);
  });
}

}  // namespace assay::reference
