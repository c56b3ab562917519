// One cancelled request ends the others of the process.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto ended = std::make_shared<std::atomic<bool>>(false);
  change_transport(parts, [ended](const Transport& right, const HttpRequest& request, const BodySink& sink,
                                  const Cancel& cancel, const Deadline& deadline) {
    BodySink stopped = sink;
    stopped.on_bytes = [&](std::string_view bytes) { return !*ended && sink.on_bytes(bytes); };
    auto reply = right(request, stopped, cancel, deadline);
    if (cancel.cancelled()) *ended = true;
    return reply;
  });
}

}  // namespace assay::reference
