// http-errors.quota-vs-rate-limit: a 429 without quota is waited for.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.error_text = [right = parts.error_text](const HttpReply& reply,
                                                const std::vector<std::string>& secrets) {
    Failure failed = right(reply, secrets);
    if (failed.category == Category::quota_exhausted) failed.category = Category::rate_limited;
    return failed;
  };
}

}  // namespace assay::reference
