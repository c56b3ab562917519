// Clients from package registries, pinned, in the user's cache: $XDG_CACHE_HOME/assay/clients or
// ~/.cache/assay/clients, a folder for each set of packages. A folder appears whole or not at all. Nothing
// else of the project needs the network. The tools (npm, python3, go, javac and mvn, cargo) are the
// machine's.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conformance/runner/client/client_file.h"
#include "harness/base/result.h"

namespace assay::conformance {

// The sets that a client needs: its Node.js, and its own.
std::vector<PackageSet> package_sets(const ClientFile& client);

// Where `set` is, or will be. Fails without HOME and XDG_CACHE_HOME, and when the sources that it builds
// cannot be read.
Result<std::string> package_folder(const PackageSet& set);

// Whether everything that the client needs is there; always, for one that needs nothing.
bool is_installed(const ClientFile& client);

// The tools of this machine that installing the client would need and that PATH lacks, with what to do about
// it
// ("go (apt-get install golang-go)"); "" = none.
std::string missing_tools(const ClientFile& client);

// Where scripts and builds of packages run: in a cell, or, where the caller says so, as the caller.
enum class BuildPlace { cell, here };

// Installs what is missing. What the registries have is fetched by their tools with scripts of packages off;
// builds (`build:`) and the scripts that a client file asks for (`scripts:`) run in `place`. What a lock
// beside the client file (locks/SET.lock) says is installed exactly; without one the registry resolves it. A
// set with `as_of` is resolved as of that day. `say` gets one line for each set before it is fetched, every
// five seconds how far it is ("pi@1.2.3: 40 MB after 10 s"), and its size.
Result<void> install(const ClientFile& client, const std::function<void(const std::string&)>& say,
                     BuildPlace place = BuildPlace::cell);

// Everything that is installed for the client, by place and version; empty when it is not installed.
Lock installed(const ClientFile& client);

// The version of the client's first package that is there; as its file has it, when none is.
std::string installed_version(const ClientFile& client);

// The lock of the client's own set, where one belongs: LOCKS/openai@7.55.0.lock.
std::string lock_path(const ClientFile& client);

// PATH for the client: its own programs, its Node.js, then the machine's.
Result<std::string> path_for(const ClientFile& client);

// What ${packages} is: node_modules for npm, else the folder of the set; "" without packages.
std::string packages_place(const ClientFile& client);

}  // namespace assay::conformance
