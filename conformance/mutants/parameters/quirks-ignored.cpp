// parameter-rejections.reasoning-effort-unknown: what a model refuses is sent to it all the same.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_request = [right = parts.write_request](Ask ask) {
    ask.quirks = json::object();
    return right(ask);
  };
  parts.refused_param = [](const json&, const Failure&) -> std::optional<std::string> { return {}; };
}

}  // namespace assay::reference
