// An event is handed over when the next bytes come.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override {
      const bool good = right->push(held);
      held = bytes;
      return good;
    }
    std::string held;
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
