// token-exchange.key-whitespace: a key is kept as it was pasted.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.clean_key = [](const std::string& typed) -> Outcome<std::string> { return typed; };
}

}  // namespace assay::reference
