// An id that cannot be taken takes the one before it away.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    json frames() const override {
      json out = right->frames();
      for (json& event : out) event["id"] = "";
      return out;
    }
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
