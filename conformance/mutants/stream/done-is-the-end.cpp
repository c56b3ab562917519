// stream-semantics.responses-eof-no-terminal: [DONE] completes any stream.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override {
      done = done || bytes.find("[DONE]") != std::string_view::npos;
      return right->push(bytes);
    }
    stream::Turn finish() override {
      stream::Turn turn = right->finish();
      turn.complete = turn.complete || done;
      return turn;
    }
    bool done = false;
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
