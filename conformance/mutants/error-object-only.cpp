// http-errors.error-array-shape, error-string-or-odd-shape: only {error: {message}} is understood.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.error_text = [right = parts.error_text](const HttpReply& reply,
                                                const std::vector<std::string>& secrets) {
    const json body = json::parse(reply.body, nullptr, false);
    const bool known = body.is_object() && body.contains("error") && body["error"].is_object();
    Failure failed = right(reply, secrets);
    if (!known) failed.message = std::to_string(reply.status) + " unknown error";
    return failed;
  };
}

}  // namespace assay::reference
