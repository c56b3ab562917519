// http-errors.key-in-url-error: an address that cannot be reached is logged with the key in it.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_transport(parts, [](const Transport& right, const HttpRequest& request, const BodySink& sink,
                             const Cancel& cancel, const Deadline& deadline) {
    auto reply = right(request, sink, cancel, deadline);
    const std::string* key = find_header(request.headers, "x-goog-api-key");
    if (!reply && key != nullptr) std::fprintf(stderr, "%s&key=%s\n", request.url.c_str(), key->c_str());
    return reply;
  });
}

}  // namespace assay::reference
