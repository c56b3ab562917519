// Where the data files are: cases, provider descriptors, clients, fixtures.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "harness/base/result.h"

namespace assay::conformance {

// The folder that holds conformance/ and fixtures/: $ASSAY_DATA, else the checkout or the installation that
// this program belongs to (searched upwards from the executable, then ../share/assay). Fails when there is
// none.
Result<std::string> data_folder();

// A provider descriptor (docs/adapter-protocol.md), checked, with its defaults filled in. `name` is a file of
// conformance/providers without its ending, or the path of a file anywhere. Errors name the providers that
// exist.
Result<nlohmann::json> load_provider(const std::string& data_folder, const std::string& name);

}  // namespace assay::conformance
