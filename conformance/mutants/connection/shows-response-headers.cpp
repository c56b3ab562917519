// connection-faults.header-injection: headers of a response are printed as they came.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_transport(parts, [](const Transport& right, const HttpRequest& request, const BodySink& sink,
                             const Cancel& cancel, const Deadline& deadline) {
    const std::string raw = raw_answer(request, deadline);
    std::fwrite(raw.data(), 1, std::min(raw.size(), raw.find("\r\n\r\n")), stderr);
    return right(request, sink, cancel, deadline);
  });
}

}  // namespace assay::reference
