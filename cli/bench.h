// The kinds of `assay bench`, one file each.
#pragma once

#include <string>

#include "cli/verbs.h"
#include "harness/base/result.h"

namespace assay::cli {

// Where the results of a benchmark go beside the terminal; empty = nowhere.
struct BenchOutput {
  std::string out, html;
};
void add_bench_output(CLI::App& verb, BenchOutput& output);
// Writes the record, lines of JSON, and the page that is drawn from it.
Result<void> write_bench_output(const std::string& record, const BenchOutput& output);

void add_bench_render(CLI::App& bench, Action& action);
void add_bench_stream(CLI::App& bench, Action& action);
// `app` gets the hidden verb that measures inside a cell.
void add_bench_client(CLI::App& app, CLI::App& bench, Action& action);

}  // namespace assay::cli
