// sse-framing.utf8-split-across-reads: each read is decoded on its own.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override { return right->push(stream::repair_utf8(bytes)); }
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
