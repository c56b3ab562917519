// http-errors.redirect-loop: a redirect of the same origin is followed without end.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](HttpRequest request, const BodySink& sink, const Cancel& cancel,
                                              const Deadline& deadline) {
    while (true) {
      auto reply = right(request, sink, cancel, deadline);
      const std::string* next =
          reply && reply->status / 100 == 3 ? find_header(reply->headers, "location") : nullptr;
      if (next == nullptr || !next->starts_with('/')) return reply;
      request.url = origin_of(request.url) + *next;
    }
  };
}

}  // namespace assay::reference
