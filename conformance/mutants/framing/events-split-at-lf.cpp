// sse-framing.crlf-only-stream: only LF LF ends an event.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override {
      std::string kept;
      for (const char byte : bytes) kept += byte == '\r' ? ' ' : byte;
      return right->push(kept);
    }
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
