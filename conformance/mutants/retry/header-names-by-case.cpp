// A header is found only under its name as the RFC writes it.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_failures(parts, [](Failure& failed, const HttpReply& reply) {
    const auto usual = [](const Header& one) { return one.name == "Retry-After"; };
    if (!std::any_of(reply.headers.begin(), reply.headers.end(), usual)) failed.retry_after.reset();
  });
}

}  // namespace assay::reference
