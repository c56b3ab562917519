// token-exchange.mint-retry-creates-duplicates: every attempt of a mint has a name of its own.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](HttpRequest request, const BodySink& sink, const Cancel& cancel,
                                              const Deadline& deadline) {
    if (remove_header(request.headers, "Idempotency-Key") > 0)
      request.headers.push_back({"Idempotency-Key", random_text(12)});
    return right(request, sink, cancel, deadline);
  };
}

}  // namespace assay::reference
