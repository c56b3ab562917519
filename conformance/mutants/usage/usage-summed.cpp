// stream-semantics.oai-usage-only-last: token counts that come twice are added.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    stream::Turn finish() override {
      stream::Turn turn = right->finish();
      if (turn.usage && turn.usage->output) turn.usage->output = *turn.usage->output * 2;
      return turn;
    }
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
