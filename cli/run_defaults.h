// assay.yaml: what a repository says of its runs once, so that `assay run` needs no options there.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/run_arguments.h"
#include "harness/base/result.h"

namespace assay::cli {

// The assay.yaml of `folder`, or of the nearest folder above it up to the repository's root (the one with
// .git); empty = there is none.
std::string defaults_file(const std::string& folder);

// Fills in what the command line left open. `given` says whether an option ("--client", "case") was given.
// Paths in the file are relative to it. Fails when the file is wrong.
Result<void> take_defaults(RunArguments& arguments, const std::string& file,
                           const std::function<bool(const std::string&)>& given);

}  // namespace assay::cli
