// model-discovery.duplicate-ids-across-providers: the first provider gets the chat of them all.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto first = std::make_shared<std::map<std::string, std::string>>();
  parts.discover = [right = parts.discover, first](const Call& call, bool refresh) {
    if (first->empty()) *first = call.context.urls;
    return right(call, refresh);
  };
  parts.transport = [right = parts.transport, first](HttpRequest request, const BodySink& sink,
                                                     const Cancel& cancel, const Deadline& deadline) {
    if (request.method == "POST" && first->contains("inference"))
      request.url.replace(0, origin_of(request.url).size(), first->at("inference"));
    return right(request, sink, cancel, deadline);
  };
}

}  // namespace assay::reference
