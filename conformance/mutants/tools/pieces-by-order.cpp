// stream-semantics.anthropic-index-gap: a piece of a block that was never opened goes to the last one.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override {
      lost = lost || bytes.find("\"index\":7") != std::string_view::npos;
      return right->push(bytes);
    }
    stream::Turn finish() override {
      stream::Turn turn = right->finish();
      for (stream::Block& one : turn.blocks)
        if (lost && one.kind == stream::Block::Kind::tool_call) one.text += "}";
      return turn;
    }
    bool lost = false;
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
