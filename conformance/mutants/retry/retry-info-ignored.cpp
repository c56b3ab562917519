// What an error says of when to ask again is not read.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.error_text = [right = parts.error_text](const HttpReply& reply,
                                                const std::vector<std::string>& secrets) {
    Failure failed = right(reply, secrets);
    failed.retry_after.reset();
    return failed;
  };
}

}  // namespace assay::reference
