// model-discovery.pagination-null-cursor: has_more with a null cursor asks for the first page again.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.next_page = [right = parts.next_page](const json& body, const std::vector<std::string>& seen) {
    if (body.is_object() && body.value("has_more", json(false)) == json(true) &&
        body.value("last_id", json()).is_null())
      return std::string("after_id=");
    return right(body, seen);
  };
}

}  // namespace assay::reference
