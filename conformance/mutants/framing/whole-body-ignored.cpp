// sse-framing.json-instead-of-sse: a JSON body is not read.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override {
      json_body = json_body || (nothing_yet && bytes.starts_with('{'));
      nothing_yet = false;
      return json_body || right->push(bytes);
    }
    bool nothing_yet = true, json_body = false;
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
