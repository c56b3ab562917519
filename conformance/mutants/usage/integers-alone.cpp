// stream-semantics.large-integers: a number with a fraction fails the stream.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  refuse(parts, "\"created\":1700000000\\.5|_tokens\":[0-9]+\\.0");
}

}  // namespace assay::reference
