// The kinds of `assay bench`, one file each.
#pragma once

#include "cli/verbs.h"

namespace assay::cli {

void add_bench_stream(CLI::App& bench, Action& action);
// `app` gets the hidden verb that measures inside a cell.
void add_bench_client(CLI::App& app, CLI::App& bench, Action& action);

}  // namespace assay::cli
