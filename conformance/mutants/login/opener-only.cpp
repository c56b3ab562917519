// oauth-login.browser-opener-noop: the URL goes to the opener alone and is never shown.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.open = [right = parts.open](Call call, const std::string& url, const json& extra) {
    call.emit = [](json) {};
    right(call, url, extra);
  };
}

}  // namespace assay::reference
