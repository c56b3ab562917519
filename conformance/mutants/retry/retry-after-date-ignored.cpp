// http-errors.retry-after-http-date: a date is not understood.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.error_text = [right = parts.error_text](const HttpReply& reply,
                                                const std::vector<std::string>& secrets) {
    Failure failed = right(reply, secrets);
    const std::string* after = find_header(reply.headers, "retry-after");
    if (after != nullptr && after->find("GMT") != std::string::npos) failed.retry_after.reset();
    return failed;
  };
}

}  // namespace assay::reference
