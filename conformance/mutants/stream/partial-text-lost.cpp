// What came before a failure is forgotten with it.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    stream::Turn finish() override {
      stream::Turn turn = right->finish();
      if (!right->ended()) turn.blocks.clear();
      return turn;
    }
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
