// A session that goes on without what was answered before.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_request = [right = parts.write_request](Ask ask) {
    std::erase_if(ask.history, [](const Entry& entry) {
      return entry.kind == Entry::Kind::assistant && stream::tool_calls_of(entry.turn).empty();
    });
    return right(ask);
  };
}

}  // namespace assay::reference
