// Clients from npm, pinned, in the user's cache: $XDG_CACHE_HOME/assay/clients or ~/.cache/assay/clients, a
// folder for each set of packages. A folder appears whole or not at all. Nothing else of the project needs
// the network.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conformance/runner/client/client_file.h"
#include "harness/base/result.h"

namespace assay::conformance {

// Where `packages` ("openai@7.55.0") are, or will be. Fails without HOME and XDG_CACHE_HOME.
Result<std::string> package_folder(const std::vector<std::string>& packages);

// Whether everything that the client needs from npm is there; always, for one that needs nothing.
bool is_installed(const ClientFile& client);

// Installs what is missing with the machine's npm, its Node.js included. `say` gets one line for each package
// set before it is fetched, every five seconds how far it is ("pi@1.2.3: 40 MB after 10 s"), and its size.
Result<void> install(const ClientFile& client, const std::function<void(const std::string&)>& say);

// PATH for the client: its own programs, its Node.js, then the machine's.
Result<std::string> path_for(const ClientFile& client);

}  // namespace assay::conformance
