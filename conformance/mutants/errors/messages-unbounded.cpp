// http-errors.huge-error-body: the message is as long as the server makes it.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_failures(parts, [](Failure& failed, const HttpReply& reply) { failed.message = reply.body; });
}

}  // namespace assay::reference
