// sse-framing.json-instead-of-sse, ndjson-vs-sse-mixup: a body that is no event stream is an empty answer.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override {
      if (first) other = bytes.starts_with('{') || bytes.starts_with('[');
      first = false;
      return other || right->push(bytes);
    }
    stream::Turn finish() override {
      stream::Turn turn;
      turn.complete = true;
      return other ? turn : right->finish();
    }
    bool first = true, other = false;
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
