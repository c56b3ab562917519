// What a person pastes to attach a client to a running world: shell exports, configuration files, code.
// Functions without state.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "conformance/runner/client/client_file.h"
#include "conformance/serve/worlds.h"

namespace assay::serve {

// Where each fake is, and the variables that SDKs read. `admin` is the url of the admin API; empty = left
// out.
std::vector<std::pair<std::string, std::string>> variables_of(const WorldView& world,
                                                              const std::string& admin);
// The same as `export NAME=value` lines.
std::string shell_exports(const WorldView& world, const std::string& admin);

// How `client` is told where the world is: its files below HOME, its environment, the command; or code.
Result<std::string> client_snippet(const conformance::ClientFile& client, const WorldView& world);

}  // namespace assay::serve
