// parameter-rejections.tool-message-order: results of tool calls are not sent.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_request = [right = parts.write_request](Ask ask) {
    for (Entry& entry : ask.history) entry.results.clear();
    return right(ask);
  };
}

}  // namespace assay::reference
