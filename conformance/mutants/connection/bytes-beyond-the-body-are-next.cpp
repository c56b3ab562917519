// connection-faults.content-length-too-long-body: bytes beyond a body are the next response.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto beyond = std::make_shared<std::atomic<bool>>(false);
  change_transport(parts,
                   [beyond](const Transport& right, const HttpRequest& request, const BodySink& sink,
                            const Cancel& cancel, const Deadline& deadline) -> Outcome<HttpReply> {
                     if (*beyond) return failure(Category::protocol, "the answer is {}", "chat");
                     *beyond = raw_answer(request, deadline).find("HTTP/1.1 200", 1) != std::string::npos;
                     return right(request, sink, cancel, deadline);
                   });
}

}  // namespace assay::reference
