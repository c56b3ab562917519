// http-errors.waf-false-positive: an answer with the words of a challenge is one, whatever its status.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.judge_end = [right = parts.judge_end](const stream::Turn& turn, const std::optional<Failure>& over) {
    const std::string text = stream::text_of(turn);
    if (text.find("Just a moment") != std::string::npos || text.find("/cdn-cgi/") != std::string::npos)
      return std::optional(Failure{Category::blocked, 200, "a gateway asks for a challenge", {}, {}, "chat"});
    return right(turn, over);
  };
}

}  // namespace assay::reference
