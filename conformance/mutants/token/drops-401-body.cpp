// token-exchange.exchange-error-body-not-json: a refusal is a number, its reason is dropped.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.error_text = [right = parts.error_text](const HttpReply& reply,
                                                const std::vector<std::string>& secrets) {
    Failure failed = right(reply, secrets);
    failed.message = "HTTP " + std::to_string(reply.status);
    failed.code.clear();
    return failed;
  };
}

}  // namespace assay::reference
