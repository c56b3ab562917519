// Where a program is, as the shell of the caller would find it. Reads the environment of this process.
#pragma once

#include <string>
#include <vector>

#include "harness/base/result.h"

namespace assay::conformance {

// What clients have for PATH when nothing else is said: they inherit none.
inline constexpr const char* kMachinePath = "/usr/local/bin:/usr/bin:/bin";

// The absolute path of the program `name`: below `folder` when it has a slash, else the first of the folders
// of `path` that has it. Fails with one line.
Result<std::string> find_program(const std::string& name, const std::string& folder, const std::string& path);

// PATH of this process; kMachinePath when there is none.
std::string path_of_caller();

// `path` with the folder of the program `found` before it, unless it is in `path` already: what stands beside
// a program (node beside npx, the python of a virtual environment) is found too.
std::string path_with_folder_of(const std::string& found, const std::string& path);

}  // namespace assay::conformance
