// connection-faults.bad-chunk-size, close-before-any-byte: whatever happens to the connection ends the
// answer well.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  forgive(parts, [](const stream::Turn&, const std::optional<Failure>& over) {
    return over && over->category != Category::timeout && over->category != Category::cancelled;
  });
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    std::string problem() const override { return {}; }
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
