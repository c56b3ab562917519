// Of an error the status alone is told.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_failures(parts, [](Failure& failed, const HttpReply& reply) {
    failed.message = std::to_string(reply.status) + " status code (no body)";
  });
}

}  // namespace assay::reference
