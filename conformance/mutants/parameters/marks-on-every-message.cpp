// parameter-rejections.cache-control-limit: every message is marked for the cache.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_requests(parts, [](json& body, const Ask&) {
    for (json& message : body["messages"])
      if (message["content"].is_string())
        message["content"] = json::array(
            {{{"type", "text"}, {"text", message["content"]}, {"cache_control", {{"type", "ephemeral"}}}}});
  });
}

}  // namespace assay::reference
