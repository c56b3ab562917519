// oauth-login.device-client-timer-too-short: a code lasts for ever, whatever the server says.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](const HttpRequest& request, const BodySink& sink,
                                              const Cancel& cancel, const Deadline& deadline) {
    auto reply = right(request, sink, cancel, deadline);
    if (!reply) return reply;
    json body = json::parse(reply->body, nullptr, false);
    if (!body.is_object()) return reply;
    if (body.contains("device_code")) body["expires_in"] = 86400;
    if (body.value("error", "") == "expired_token") body["error"] = "authorization_pending";
    reply->body = body.dump();
    return reply;
  };
}

}  // namespace assay::reference
