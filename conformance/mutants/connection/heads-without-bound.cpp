// connection-faults.header-injection: headers are read for as long as they come.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_transport(parts, [](const Transport& right, const HttpRequest& request, const BodySink& sink,
                             const Cancel& cancel, const Deadline& deadline) {
    raw_answer(request, deadline, 4096);
    return right(request, sink, cancel, deadline);
  });
}

}  // namespace assay::reference
