// stream-semantics.oai-finish-on-every-chunk: the first chunk with a finish reason is the last one.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override {
      std::string kept(bytes);
      const auto at = kept.find("\"finish_reason\":\"");
      const auto end = at == std::string::npos ? at : kept.find("\n\n", at);
      if (end == std::string::npos) return done || right->push(bytes);
      kept.erase(end + 2);
      return std::exchange(done, true) || right->push(kept);
    }
    bool done = false;
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
