// stream-semantics.responses-done-item-wins: what an item began with goes back, not what it ended with.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override {
      seen += bytes;
      return right->push(bytes);
    }
    stream::Turn finish() override {
      stream::Turn turn = right->finish();
      const auto first = Pattern::compile("encrypted_content\":\"[^\"]*")->first_in(seen);
      for (stream::Block& one : turn.blocks)
        if (one.kind == stream::Block::Kind::reasoning && first) one.signature = first->substr(20);
      return turn;
    }
    std::string seen;
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
