// A session that goes on without what was asked before.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_request = [right = parts.write_request](Ask ask) {
    const auto last = ask.history.empty() ? ask.history.end() : ask.history.end() - 1;
    ask.history.erase(std::remove_if(ask.history.begin(), last,
                                     [](const Entry& entry) { return entry.kind == Entry::Kind::user; }),
                      last);
    return right(ask);
  };
}

}  // namespace assay::reference
