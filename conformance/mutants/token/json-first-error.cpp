// token-exchange.exchange-error-body-not-json: an error body that is no JSON shows the parser's own error.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.error_text = [right = parts.error_text](const HttpReply& reply,
                                                const std::vector<std::string>& secrets) {
    Failure failed = right(reply, secrets);
    try {
      if (json::parse(reply.body).is_null()) failed.message += " (null)";
    } catch (const json::exception& error) {
      failed.message = error.what();
    }
    return failed;
  };
}

}  // namespace assay::reference
