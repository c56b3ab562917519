// stream-semantics.ollama-calls-in-final-line: of the line that says done only the counts are read.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override {
      last = last || Pattern::compile("tool_calls.*\"done\":true|\"done\":true.*tool_calls")->found_in(bytes);
      return right->push(bytes);
    }
    stream::Turn finish() override {
      stream::Turn turn = right->finish();
      if (last) turn.blocks.clear();
      return turn;
    }
    bool last = false;
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
