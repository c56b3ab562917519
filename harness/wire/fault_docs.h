// The catalogue of faults as a page of Markdown: docs/faults.md, and what `assay list faults --markdown`
// prints.
#pragma once

#include <string>

namespace assay::wire {

std::string faults_page();

}  // namespace assay::wire
