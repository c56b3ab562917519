// quiet: the minted key is shown in a notice.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.mint = [right = parts.mint](const Call& call, const Tokens& tokens, const std::string& once) {
    auto minted = right(call, tokens, once);
    if (minted) call.emit({{"kind", "notice"}, {"message", "your key is " + minted->key}});
    return minted;
  };
}

}  // namespace assay::reference
