// Machinery: what a session needs of the machine (browser, shims, canary search), put together.
#pragma once

#include <string>

#include "conformance/runner/play/session.h"

namespace assay::conformance {

// Everything of SessionOptions but scratch and seed.
SessionOptions machinery(const std::string& data_folder);

// Whether `one` could be played, as far as that shows without playing it: its world, its browser and what it
// emulates. Errors name the file and the line of the case.
Result<void> check_case(const Case& one, const std::string& data_folder);
// load_cases of the data folder, every one checked.
Result<std::vector<Case>> load_checked_cases(const std::string& data_folder);

}  // namespace assay::conformance
