// oauth-login.port-busy-manual-paste: the state of a pasted redirect is not compared.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.read_paste = [right = parts.read_paste](const std::string& text, CallbackExpectation expected) {
    if (const auto state = query_value(text, expected.state_param)) expected.state = *state;
    return right(text, expected);
  };
}

}  // namespace assay::reference
