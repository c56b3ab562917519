// stream-semantics.oai-parallel-same-index: calls with one index are one call.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    stream::Turn finish() override {
      stream::Turn turn = right->finish();
      bool seen = false;
      std::erase_if(turn.blocks, [&](const stream::Block& block) {
        return block.kind == stream::Block::Kind::tool_call && std::exchange(seen, true);
      });
      return turn;
    }
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
