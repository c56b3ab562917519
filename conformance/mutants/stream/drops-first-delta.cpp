// stream-semantics.reasoning-content-display: the beginning of the text is lost.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    stream::Turn finish() override {
      stream::Turn turn = right->finish();
      for (stream::Block& block : turn.blocks)
        if (block.kind == stream::Block::Kind::text) block.text.erase(0, 1);
      return turn;
    }
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
