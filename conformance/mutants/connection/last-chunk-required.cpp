// connection-faults.fin-without-terminating-chunk: without the last chunk an answer is not whole.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.judge_end = [right = parts.judge_end](const stream::Turn& turn, const std::optional<Failure>& over) {
    return over ? over : right(turn, over);
  };
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool ended() const override { return false; }
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
