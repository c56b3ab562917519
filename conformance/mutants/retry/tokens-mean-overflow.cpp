// http-errors.throttle-read-as-context-overflow: too many tokens shorten the conversation.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto overflow = std::make_shared<std::atomic<bool>>(false);
  change_failures(parts, [overflow](Failure& failed, const HttpReply&) {
    *overflow = *overflow || failed.message.find("tokens") != std::string::npos;
  });
  change_history(parts, [overflow](Ask& ask) {
    for (Entry& entry : ask.history)
      if (*overflow && entry.kind == Entry::Kind::user) entry.text = "(the conversation was shortened)";
  });
}

}  // namespace assay::reference
