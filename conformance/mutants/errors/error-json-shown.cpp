// http-errors.error-nested-json-string: a message that is JSON is shown as it is.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_failures(parts, [](Failure& failed, const HttpReply& reply) {
    const json body = json::parse(reply.body, nullptr, false);
    if (!body.is_object() || !body.contains("error") || !body["error"].is_object()) return;
    const std::string message = body["error"].value("message", "");
    if (message.starts_with("{")) failed.message = message;
  });
}

}  // namespace assay::reference
