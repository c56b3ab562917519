// stream-semantics.oai-tool-index-not-from-zero: an index that is missing is an empty call.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override {
      gap = gap || bytes.find("\"tool_calls\":[{\"index\":1") != std::string_view::npos;
      return right->push(bytes);
    }
    stream::Turn finish() override {
      stream::Turn turn = right->finish();
      if (gap) turn.blocks.insert(turn.blocks.begin(), {stream::Block::Kind::tool_call, "", "", "", "", 0});
      return turn;
    }
    bool gap = false;
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
