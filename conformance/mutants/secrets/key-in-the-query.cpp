// The key stands in the URL of a request, too.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_transport(parts, [](const Transport& right, HttpRequest request, const BodySink& sink,
                             const Cancel& cancel, const Deadline& deadline) {
    for (const Header& one : request.headers)
      if (one.value.size() > 20 && one.value.find("sk-") != std::string::npos)
        request.url += "?key=" + one.value.substr(one.value.find("sk-"));
    return right(request, sink, cancel, deadline);
  });
}

}  // namespace assay::reference
