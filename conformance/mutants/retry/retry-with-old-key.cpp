// http-errors.stale-auth-on-retry: the first attempt's key goes with every later one.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto first = std::make_shared<Headers>();
  parts.auth_headers = [right = parts.auth_headers, first](const Context& context, const json& credential,
                                                           const std::string& protocol) {
    if (first->empty()) *first = right(context, credential, protocol);
    return *first;
  };
}

}  // namespace assay::reference
