// Calls keep the ids that they came with, though an earlier answer had the same.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_request = [right = parts.write_request](const Ask& ask) {
    json body = right(ask);
    for (json& message : body["messages"]) {
      if (message.contains("tool_call_id")) message["tool_call_id"] = "call_lookup_1";
      if (message.contains("tool_calls"))
        for (json& call : message["tool_calls"]) call["id"] = "call_lookup_1";
    }
    return body;
  };
}

}  // namespace assay::reference
