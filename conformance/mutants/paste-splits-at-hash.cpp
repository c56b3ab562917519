// oauth-login.paste-code-hash-state: only what stands before '#' of a pasted code is kept.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.read_paste = [right = parts.read_paste](
                         const std::string& text,
                         const CallbackExpectation& expected) -> std::optional<Parameters> {
    if (text.find('#') != std::string::npos && text.find("://") == std::string::npos) return {};
    return right(text, expected);
  };
}

}  // namespace assay::reference
