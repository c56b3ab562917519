// connection-faults.many-parallel-streams: a request waits until the one before it has ended.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto one = std::make_shared<std::mutex>();
  change_transport(parts, [one](const Transport& right, const HttpRequest& request, const BodySink& sink,
                                const Cancel& cancel, const Deadline& deadline) {
    const std::scoped_lock lock(*one);
    return right(request, sink, cancel, deadline);
  });
}

}  // namespace assay::reference
