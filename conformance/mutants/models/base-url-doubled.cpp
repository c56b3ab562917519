// model-discovery.base-url-v1-doubled: /v1 is added to whatever was typed.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.base_url = [](const std::string& typed, const std::string& base_path) { return typed + base_path; };
}

}  // namespace assay::reference
