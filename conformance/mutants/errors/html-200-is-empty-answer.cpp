// http-errors.success-status-non-json: a page with status 200 is an empty success.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](const HttpRequest& request, const BodySink& sink,
                                              const Cancel& cancel, const Deadline& deadline) {
    BodySink blind = sink;
    if (sink.on_head)
      blind.on_head = [&](const HttpReply& head) {
        const std::string* type = find_header(head.headers, "content-type");
        HttpReply plain = head;
        if (type != nullptr && type->starts_with("text/html"))
          set_header(plain.headers, "content-type", "text/event-stream");
        return sink.on_head(plain);
      };
    return right(request, blind, cancel, deadline);
  };
}

}  // namespace assay::reference
