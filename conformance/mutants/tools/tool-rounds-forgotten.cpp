// Calls and results of turns before the last question do not go into the request.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_history(parts, [](Ask& ask) {
    const auto asked = std::find_if(ask.history.rbegin(), ask.history.rend(), [](const Entry& entry) {
                         return entry.kind == Entry::Kind::user;
                       }).base();
    ask.history.erase(std::remove_if(ask.history.begin(), asked,
                                     [](const Entry& entry) {
                                       return entry.kind == Entry::Kind::tool_results ||
                                              !stream::tool_calls_of(entry.turn).empty();
                                     }),
                      asked);
  });
}

}  // namespace assay::reference
