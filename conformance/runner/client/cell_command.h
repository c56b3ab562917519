// One command in a cell of its own: for scripts and builds of packages, which are as little known as the
// client. Its HOME is empty and in memory, nothing of the caller's environment reaches it, and it may write
// in the folders that are named.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/base/time.h"
#include "harness/process/child.h"

namespace assay::conformance {

struct CellCommand {
  std::vector<std::string> argv;
  std::vector<std::string> environment;  // "NAME=value", with PATH; HOME is added
  std::string directory;
  std::vector<std::string> shows, writes;
  bool network = false;
  Micros deadline = std::chrono::minutes(15);
  // Called every few seconds; what it fails with ends the command.
  std::function<Result<void>()> watch;
};

// Fails when there is no cell, when `watch` says so and when a limit of the cell is reached.
Result<process::Completed> run_in_cell(const CellCommand& command);

// The worker of it, `assay cell-command`: reads one command from stdin and writes what came of it to stdout.
// Returns an exit status.
int work_on_command();

}  // namespace assay::conformance
