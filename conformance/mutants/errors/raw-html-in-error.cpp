// http-errors.html-interstitial-dump: a gateway's page is shown as it is.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.error_text = [right = parts.error_text](const HttpReply& reply,
                                                const std::vector<std::string>& secrets) {
    Failure failed = right(reply, secrets);
    if (looks_like_html(reply)) failed.message = reply.body;
    return failed;
  };
}

}  // namespace assay::reference
