// What is said of an error in a body that is no stream is not read.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.judge_end = [right = parts.judge_end](const stream::Turn& turn, const std::optional<Failure>& over) {
    auto failed = right(turn, over);
    if (failed) failed->message = "undefined";
    return failed;
  };
  parts.error_text = [right = parts.error_text](const HttpReply& reply,
                                                const std::vector<std::string>& secrets) {
    Failure failed = right(reply, secrets);
    failed.message = reply.body;
    return failed;
  };
}

}  // namespace assay::reference
