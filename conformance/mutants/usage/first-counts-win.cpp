// stream-semantics.oai-usage-only-last: the first token counts of a stream are taken for all of it.
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
      const auto first = Pattern::compile("candidatesTokenCount\":[0-9]+")->first_in(seen);
      if (turn.usage && first) turn.usage->output = std::stoll(first->substr(22));
      return turn;
    }
    std::string seen;
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
