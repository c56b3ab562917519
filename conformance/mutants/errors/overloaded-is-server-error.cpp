// An overloaded provider is taken for a broken one.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.error_text = [right = parts.error_text](const HttpReply& reply,
                                                const std::vector<std::string>& secrets) {
    Failure failed = right(reply, secrets);
    if (failed.category == Category::overloaded) failed.category = Category::server_error;
    return failed;
  };
}

}  // namespace assay::reference
