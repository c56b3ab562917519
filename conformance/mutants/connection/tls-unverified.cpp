// any/login: whoever answers at the address is believed.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](HttpRequest request, const BodySink& sink, const Cancel& cancel,
                                              const Deadline& deadline) {
    request.verify_tls = false;
    return right(request, sink, cancel, deadline);
  };
}

}  // namespace assay::reference
