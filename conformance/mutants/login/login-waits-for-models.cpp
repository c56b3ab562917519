// oauth-login.success-waits-on-model-discovery: the login ends when the models are known.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.mint = [right = parts.mint](const Call& call, const Tokens& tokens, const std::string& once) {
    auto minted = right(call, tokens, once);
    [[maybe_unused]] const auto models = call.parts->discover(call, true);
    return minted;
  };
}

}  // namespace assay::reference
