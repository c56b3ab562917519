// http-errors.error-body-bad-encoding: a body that is no UTF-8 hides the status.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_failures(parts, [](Failure& failed, const HttpReply& reply) {
    if (is_utf8(reply.body)) return;
    failed.status = 0;
    failed.message = "invalid byte in the response";
  });
}

}  // namespace assay::reference
