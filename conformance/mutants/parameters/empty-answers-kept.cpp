// parameter-rejections.empty-text-block: an answer without text goes back as an empty block.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_requests(parts, [](json& body, const Ask&) {
    json& messages = body["messages"];
    if (messages.size() > 1 && messages[1]["role"] == "user")
      messages.insert(messages.begin() + 1,
                      {{"role", "assistant"}, {"content", {{{"type", "text"}, {"text", ""}}}}});
  });
}

}  // namespace assay::reference
