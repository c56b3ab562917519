// oauth-login.pkce-method-downgrade: a server that offers no S256 gets plain.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](const HttpRequest& request, const BodySink& sink,
                                              const Cancel& cancel,
                                              const Deadline& deadline) -> Outcome<HttpReply> {
    if (request.url.find("/.well-known/") == std::string::npos) return right(request, sink, cancel, deadline);
    HttpReply none;
    none.status = 404;
    return none;
  };
}

}  // namespace assay::reference
