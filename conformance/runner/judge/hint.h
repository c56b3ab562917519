// Hint: the likely cause of a failure that many checks share, such as a client that sent no key.
#pragma once

#include <string>

#include "conformance/runner/case/case.h"
#include "conformance/runner/play/observation.h"

namespace assay::conformance {

// One sentence, or nothing when the journal shows no such cause.
std::string hint(const Case& one, const Observation& observation);

}  // namespace assay::conformance
