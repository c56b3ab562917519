// token-exchange.mint-retry-creates-duplicates: a mint is repeated without an Idempotency-Key.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](HttpRequest request, const BodySink& sink, const Cancel& cancel,
                                              const Deadline& deadline) {
    remove_header(request.headers, "Idempotency-Key");
    return right(request, sink, cancel, deadline);
  };
}

}  // namespace assay::reference
