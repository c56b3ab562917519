// The verbs of the command line, one file each. A verb adds its subcommand to `app` and, when that is chosen,
// sets `action`. Parsing errors are CLI11's; what an action prints on stderr is one clear line an error.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "harness/base/exit_code.h"

namespace assay::cli {

using Action = std::function<ExitCode()>;

void add_decode(CLI::App& app, Action& action);
void add_report(CLI::App& app, Action& action);

}  // namespace assay::cli
