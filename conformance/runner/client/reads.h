// What a client reads, found from how it is started: a cell shows these paths and no others of the machine's
// (harness/process/cell_root.h).
//
// Found are: argv[0] and arguments that are files, with what they link to; the interpreter of a script; the
// virtual environment of a Python and the one that it was made from; the roots of version managers (pyenv,
// nvm, uv, conda, cargo, pnpm, ...); node_modules; the repository that holds a file, or its folder; folders
// of PATH; paths in the environment that the client file sets. Never a whole home.
#pragma once

#include <string>
#include <vector>

#include "conformance/runner/play/session.h"

namespace assay::conformance {

// Absolute paths, each once; those of the system are among them. `home` is the caller's HOME.
std::vector<std::string> reads_of(const ClientSpec& client, const std::string& home);

// The repository that holds `folder`, or `folder` itself; "" when that is a home, the root or a folder for
// temporary files, which are never shown whole.
std::string surrounding_folder(const std::string& folder, const std::string& home);

}  // namespace assay::conformance
