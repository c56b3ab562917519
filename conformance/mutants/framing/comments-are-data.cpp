// sse-framing.comment-keepalive: a comment is read as data.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override {
      if (bytes.starts_with(':') || bytes.find("\n:") != std::string_view::npos)
        return right->push("data: {\n\n");
      return right->push(bytes);
    }
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
