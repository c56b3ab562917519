// http-errors.status-401-vs-403: a 403 of the provider is called a bad login.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.error_text = [right = parts.error_text](const HttpReply& reply,
                                                const std::vector<std::string>& secrets) {
    Failure failed = right(reply, secrets);
    if (failed.category == Category::authorization) failed.category = Category::authentication;
    return failed;
  };
}

}  // namespace assay::reference
