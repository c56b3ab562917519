// assay run --watch: plays again when the files of the client change.
#pragma once

#include <atomic>
#include <csignal>
#include <functional>

#include "cli/run_arguments.h"
#include "harness/base/exit_code.h"

namespace assay::cli {

// Plays what `arguments` say, then, whenever a file of the clients, the cases or the known failures changes,
// what failed; once that is as expected, all of it. Ends when a signal sets `interrupted`.
ExitCode run_and_watch(const RunArguments& arguments, const std::function<ExitCode(const RunArguments&)>& run,
                       const std::atomic<bool>& interrupted);

}  // namespace assay::cli
