// stream-semantics.reasoning-content-display: reasoning is shown as the answer.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    stream::Turn finish() override {
      stream::Turn turn = right->finish();
      for (stream::Block& block : turn.blocks)
        if (block.kind == stream::Block::Kind::reasoning) block.kind = stream::Block::Kind::text;
      return turn;
    }
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
