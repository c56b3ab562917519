// connection-faults.proxy-env-localhost, socks-proxy-scheme: what goes to loopback goes through the proxy,
// too.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_transport(parts,
                   [](const Transport& right, const HttpRequest& request, const BodySink& sink,
                      const Cancel& cancel, const Deadline& deadline) -> Outcome<HttpReply> {
                     for (const char* name : {"HTTP_PROXY", "ALL_PROXY"})
                       if (std::getenv(name) != nullptr)
                         return failure(Category::network,
                                        std::string("cannot connect to ") + std::getenv(name), "chat");
                     return right(request, sink, cancel, deadline);
                   });
}

}  // namespace assay::reference
