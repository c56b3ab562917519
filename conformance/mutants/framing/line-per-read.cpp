// sse-framing.line-split-across-reads: what one read brings is taken for whole lines.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override {
      return right->push(bytes.ends_with('\n') ? std::string(bytes) : std::string(bytes) + '\n');
    }
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
