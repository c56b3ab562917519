// http-errors.waf-blocks-payload: a gateway's 403 is called a bad login.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.error_text = [right = parts.error_text](HttpReply reply, const std::vector<std::string>& secrets) {
    if (reply.status != 403 || !looks_like_html(reply)) return right(reply, secrets);
    reply.status = 401;
    Failure failed = right(reply, secrets);
    failed.status = 403;
    return failed;
  };
}

}  // namespace assay::reference
