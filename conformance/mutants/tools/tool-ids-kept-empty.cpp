// A call without an id keeps none.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_request = [right = parts.write_request](const Ask& ask) {
    json body = right(ask);
    for (json& message : body.value("messages", json::array()))
      if (message.contains("tool_call_id")) message["tool_call_id"] = "";
    for (json& message : body["messages"])
      if (message.contains("tool_call_id")) message["tool_call_id"] = "";
    return body;
  };
}

}  // namespace assay::reference
