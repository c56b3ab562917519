// An answer without content and calls is sent with the next request.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_request = [right = parts.write_request](const Ask& ask) {
    json body = right(ask);
    const json empty = {{"role", "assistant"}, {"content", ""}};
    body["messages"].insert(body["messages"].begin(), empty);
    return body;
  };
}

}  // namespace assay::reference
