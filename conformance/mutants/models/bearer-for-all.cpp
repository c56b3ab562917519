// model-discovery.auth-header-variant: the bearer header is sent whatever the protocol wants.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.auth_headers = [right = parts.auth_headers](const Context& context, const json& credential,
                                                    const std::string&) {
    return right(context, credential, "openai-chat");
  };
}

}  // namespace assay::reference
