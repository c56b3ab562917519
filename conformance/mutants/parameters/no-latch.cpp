// parameter-rejections.drop-retry-latch: what a model refused is forgotten and sent again.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto once = std::make_shared<std::vector<std::string>>();
  parts.learn = [once](const std::string&, const std::string& param) { *once = {param}; };
  parts.learned = [once](const std::string&) { return std::exchange(*once, {}); };
}

}  // namespace assay::reference
