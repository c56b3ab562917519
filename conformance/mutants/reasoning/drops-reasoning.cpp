// stream-semantics.deepseek-reasoning-replay: reasoning is not sent back.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_request = [right = parts.write_request](const Ask& ask) {
    json body = right(ask);
    for (json& message : body.contains("messages") ? body["messages"] : body)
      if (message.is_object()) message.erase("reasoning_content");
    return body;
  };
}

}  // namespace assay::reference
