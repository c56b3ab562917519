// stream-semantics.reasoning-content-display: a chunk that has reasoning gives no text.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_reads(parts, [](std::string bytes) {
    const auto both = Pattern::compile("\"content\":\"[^\"]*\"([^}]*reasoning_content)");
    return both->replaced(std::move(bytes), "\"content\":\"\"\\1");
  });
}

}  // namespace assay::reference
