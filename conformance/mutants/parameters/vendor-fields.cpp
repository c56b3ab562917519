// parameter-rejections.unknown-field-strict: fields of one vendor go to everybody.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_requests(parts, [](json& body, const Ask&) { body["store"] = true; });
}

}  // namespace assay::reference
