// sse-framing.eof-before-terminal: an answer of which nothing came is an empty answer.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  forgive(parts, [](const stream::Turn& turn, const auto&) { return turn.blocks.empty(); });
}

}  // namespace assay::reference
