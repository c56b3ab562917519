// http-errors.status-401-vs-403: a 403 makes the client forget its key.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](const HttpRequest& request, const BodySink& sink,
                                              const Cancel& cancel, const Deadline& deadline) {
    auto reply = right(request, sink, cancel, deadline);
    const char* home = std::getenv("HOME");
    if (reply && reply->status == 403 && home != nullptr)
      ::unlink((std::string(home) + "/auth.json").c_str());
    return reply;
  };
}

}  // namespace assay::reference
