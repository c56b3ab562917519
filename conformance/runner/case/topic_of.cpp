#include "conformance/runner/case/topic_of.h"

#include <algorithm>

namespace assay::conformance {

std::string topic_of(const std::map<std::string, std::string>& proven_by) {
  for (const auto& [mutant, check] : proven_by) {
    const auto known =
        std::find_if(mutant_folders().begin(), mutant_folders().end(),
                     [&, &name = mutant](const MutantFolder& row) { return row.mutant == name; });
    if (known != mutant_folders().end()) return std::string(known->folder);
  }
  return {};
}

}  // namespace assay::conformance
