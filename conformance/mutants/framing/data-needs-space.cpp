// sse-framing.data-no-space: only 'data: ' with a blank is a data line.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override {
      std::string kept(bytes);
      for (auto at = kept.find("data:{"); at != std::string::npos; at = kept.find("data:{"))
        kept.replace(at, 5, "x");
      return right->push(kept);
    }
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
