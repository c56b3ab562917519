// stream-semantics.oai-usage-only-last: the first token counts of a stream are taken for all of it.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override { return right->push((seen += bytes, bytes)); }
    stream::Turn finish() override {
      stream::Turn turn = right->finish();
      const auto first = Pattern::compile("(?:candidatesTokenCount|input_tokens)\":[0-9]+")->first_in(seen);
      if (!turn.usage || !first) return turn;
      const bool input = first->starts_with("i");
      (input ? turn.usage->input : turn.usage->output) = std::stoll(first->substr(first->find(':') + 1));
      return turn;
    }
    std::string seen;
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
