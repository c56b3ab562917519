// sse-framing.missing-done-clean-eof: an answer without [DONE] is not whole.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    stream::Turn finish() override {
      stream::Turn turn = right->finish();
      turn.complete = turn.complete && right->ended();
      return turn;
    }
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
