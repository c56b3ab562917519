// sse-framing.leading-bom: a byte order mark belongs to the name of the first field.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override {
      std::string kept(bytes);
      for (char& byte : kept) {
        start = start && std::string_view("\xEF\xBB\xBF").find(byte) != std::string_view::npos;
        if (start) byte = 'x';
      }
      return right->push(kept);
    }
    bool start = true;
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
