// The input of a tool that the server runs is not sent back.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_request = [right = parts.write_request](const Ask& ask) {
    json body = right(ask);
    for (json& message : body["messages"])
      for (json& block : message["content"])
        if (block.is_object() && block.value("type", "") == "server_tool_use")
          block["input"] = json::object();
    return body;
  };
}

}  // namespace assay::reference
