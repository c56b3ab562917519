// Events are handed over when the last one has come.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override {
      held += bytes;
      if (held.find("data: [DONE]") == std::string::npos) return true;
      return right->push(std::exchange(held, {}));
    }
    std::string held;
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
