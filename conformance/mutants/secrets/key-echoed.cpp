// http-errors.key-echo-in-error: a key that the server repeats is shown.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.error_text = [right = parts.error_text](const HttpReply& reply,
                                                const std::vector<std::string>& secrets) {
    Failure failed = right(reply, secrets);
    const Said said = what_it_says(json::parse(reply.body, nullptr, false));
    if (!said.message.empty()) failed.message = said.message;
    return failed;
  };
}

}  // namespace assay::reference
