// oauth-login.headless-no-way-out: the user code is shown without its last letters.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_transport(parts, [](const Transport& right, HttpRequest request, const BodySink& sink,
                             const Cancel& cancel, const Deadline& deadline) {
    auto reply = right(request, sink, cancel, deadline);
    if (!reply) return reply;
    json body = json::parse(reply->body, nullptr, false);
    if (body.is_object() && body.contains("user_code")) {
      body["user_code"] = body["user_code"].get<std::string>().substr(0, 4);
      reply->body = body.dump();
    }
    return reply;
  });
}

}  // namespace assay::reference
