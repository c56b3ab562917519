// Text that is no JSON ends the answer, as a schema was asked for.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    const std::string text = stream::text_of(turn);
    if (json::parse(text, nullptr, false).is_discarded())
      turn.error = stream::StreamError{"SyntaxError", "", "", "", 0, {}};
  });
}

}  // namespace assay::reference
