// model-discovery.empty-bearer-header: without a key an empty bearer is sent.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.auth_headers = [right = parts.auth_headers](const Context& context, const json& credential,
                                                    const std::string& protocol) {
    Headers headers = right(context, credential, protocol);
    if (headers.empty()) headers.push_back({"Authorization", "Bearer "});
    return headers;
  };
}

}  // namespace assay::reference
