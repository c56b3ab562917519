// http-errors.redirect-cross-host-auth: a redirect is followed anywhere, with the key.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](HttpRequest request, const BodySink& sink, const Cancel& cancel,
                                              const Deadline& deadline) {
    for (int hops = 0; hops < 5; ++hops) {
      auto reply = right(request, sink, cancel, deadline);
      const std::string* next =
          reply && reply->status / 100 == 3 ? find_header(reply->headers, "location") : nullptr;
      if (next == nullptr) return reply;
      request.url = next->starts_with('/') ? origin_of(request.url) + *next : *next;
    }
    return right(request, sink, cancel, deadline);
  };
}

}  // namespace assay::reference
