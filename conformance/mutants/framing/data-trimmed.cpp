// Blanks at the end of a data line are lost.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    json frames() const override {
      json out = right->frames();
      for (json& event : out) event["data"] = trim(event["data"].get<std::string>());
      return out;
    }
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
