// Whether this machine can compress time for what is to be played.
#pragma once

#include <string>
#include <vector>

#include "conformance/runner/play/run_case.h"

namespace assay::cli {

// "time cannot be compressed here: ..."; empty when it can, or no case asks for it.
std::string time_check(const std::vector<conformance::PlannedCase>& plan);

// What becomes of the cases that wait then, for people.
std::string without_case_time(const std::string& why);

}  // namespace assay::cli
