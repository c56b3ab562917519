// sse-framing.invalid-utf8-in-stream: a byte that is no UTF-8 fails the answer.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override {
      bad = bad || bytes.find('\xFF') != std::string_view::npos;
      return !bad && right->push(bytes);
    }
    std::string problem() const override { return bad ? "the stream is not UTF-8" : right->problem(); }
    bool bad = false;
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
