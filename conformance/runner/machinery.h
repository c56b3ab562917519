// Machinery: what a session needs of the machine (browser, shims, canary search), put together.
#pragma once

#include <string>

#include "conformance/runner/session.h"

namespace assay::conformance {

// Everything of SessionOptions but scratch and seed.
SessionOptions machinery(const std::string& data_folder);

}  // namespace assay::conformance
