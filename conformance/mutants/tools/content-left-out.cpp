// An assistant message that has calls and no text has no content.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_request = [right = parts.write_request](const Ask& ask) {
    json body = right(ask);
    for (json& message : body["messages"])
      if (message.contains("tool_calls")) message.erase("content");
    return body;
  };
}

}  // namespace assay::reference
