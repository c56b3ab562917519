// http-errors.huge-error-body: an error body is read without end.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](HttpRequest request, const BodySink& sink, const Cancel& cancel,
                                              const Deadline& deadline) {
    request.body_limit = std::size_t{1} << 40U;
    return right(request, sink, cancel, deadline);
  };
}

}  // namespace assay::reference
