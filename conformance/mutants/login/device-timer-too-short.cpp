// oauth-login.device-client-timer-too-short: the client gives a code one minute.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](const HttpRequest& request, const BodySink& sink,
                                              const Cancel& cancel, const Deadline& deadline) {
    auto reply = right(request, sink, cancel, deadline);
    if (!reply) return reply;
    json body = json::parse(reply->body, nullptr, false);
    if (!body.is_object() || !body.contains("device_code")) return reply;
    body["expires_in"] = 60;
    reply->body = body.dump();
    return reply;
  };
}

}  // namespace assay::reference
