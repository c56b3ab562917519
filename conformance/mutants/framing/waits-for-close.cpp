// sse-framing.done-not-terminating: an answer ends with its connection, not with [DONE].
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool ended() const override { return false; }
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
