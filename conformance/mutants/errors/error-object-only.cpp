// http-errors.error-array-shape, error-string-or-odd-shape: only {error: {message: text}} is understood.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.error_text = [right = parts.error_text](const HttpReply& reply,
                                                const std::vector<std::string>& secrets) {
    const json body = json::parse(reply.body, nullptr, false);
    const json error = body.is_object() ? body.value("error", json()) : json();
    const json message = error.is_object() ? error.value("message", json()) : json();
    Failure failed = right(reply, secrets);
    if (!message.is_string() || message.get<std::string>().starts_with('{'))
      failed.message = std::to_string(reply.status) + " unknown error";
    return failed;
  };
}

}  // namespace assay::reference
