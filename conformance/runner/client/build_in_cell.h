// Runs what registries.cpp does not trust in a cell that shows the tool, the installation that is being made,
// and nothing else of the caller's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "conformance/runner/client/registries.h"
#include "harness/process/child.h"

namespace assay::conformance {

// `folder`: of the installation. `path`: PATH, in which argv[0] is found. What it has written has no special
// rights afterwards, and no sockets or FIFOs.
Result<process::Completed> build_in_cell(const Untrusted& command, const std::string& folder,
                                         const std::string& path);

// The sizes of all files below; 0 where there are none.
std::uintmax_t bytes_below(const std::filesystem::path& folder);

}  // namespace assay::conformance
