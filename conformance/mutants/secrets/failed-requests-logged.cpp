// http-errors.key-in-url-error: a request that failed is logged with its headers.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto last = std::make_shared<Headers>();
  change_transport(parts,
                   [last](const Transport& right, const HttpRequest& request, const BodySink& sink,
                          const Cancel& cancel, const Deadline& deadline) -> Outcome<HttpReply> {
                     *last = request.headers;
                     auto reply = right(request, sink, cancel, deadline);
                     return reply;
                   });
  parts.retry_after = [right = parts.retry_after, last](const Failure& failed, const AttemptFacts& facts,
                                                        const RetryLimits& limits) {
    for (const Header& one : *last) std::fprintf(stderr, "%s: %s\n", one.name.c_str(), one.value.c_str());
    return right(failed, facts, limits);
  };
}

}  // namespace assay::reference
