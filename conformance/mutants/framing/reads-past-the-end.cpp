// sse-framing.bytes-after-done: what comes after [DONE] is read, and refused.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override {
      seen += bytes;
      const auto end = seen.find("[DONE]\n\n");
      past = end != std::string::npos && seen.size() > end + 8;
      return right->push(bytes);
    }
    bool ended() const override { return false; }
    std::string problem() const override { return past ? "unexpected data" : right->problem(); }
    std::string seen;
    bool past = false;
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
