// http-errors.waf-false-positive: a body with the words of a challenge is one, whatever its status.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](const HttpRequest& request, const BodySink& sink,
                                              const Cancel& cancel,
                                              const Deadline& deadline) -> Outcome<HttpReply> {
    bool challenge = false;
    BodySink watched = sink;
    watched.on_bytes = [&](std::string_view bytes) {
      challenge = challenge || bytes.find("Just a moment") != std::string_view::npos ||
                  bytes.find("/cdn-cgi/") != std::string_view::npos;
      return sink.on_bytes(bytes);
    };
    auto reply = right(request, watched, cancel, deadline);
    if (challenge) return failure(Category::blocked, "a gateway asks for a challenge");
    return reply;
  };
}

}  // namespace assay::reference
