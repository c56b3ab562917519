// http-errors.throttle-read-as-context-overflow: a rate limit that speaks of tokens is told as a bad request.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_failures(parts, [](Failure& failed, const HttpReply&) {
    if (failed.message.find("tokens") != std::string::npos) failed.category = Category::invalid_request;
  });
}

}  // namespace assay::reference
