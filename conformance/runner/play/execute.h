// Execute: runs a plan, in cells where the machine allows it, and hands over each line as it is done.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "conformance/runner/play/run_case.h"

namespace assay::conformance {

struct ExecuteOptions {
  std::string data_folder;
  unsigned jobs = 1;  // cells at work at once
  bool cells = true;  // false: one after the other in this process, on the machine's own ports
  // What a cell has for a case beside the deadlines of its steps (time_limit in timed_case.h): to start
  // clients, to judge, to be late on a busy machine.
  Micros beside_deadlines = std::chrono::minutes(5);
  // Set from outside, by a signal or by whoever has seen enough: nothing new is begun, and what runs in cells
  // is killed and not reported.
  const std::atomic<bool>* interrupted = nullptr;
  const std::atomic<bool>* enough = nullptr;
  std::optional<casetime::Rate> time = std::nullopt;  // of the plays of a Stage: PlannedCase::time
  unsigned retries = 0;  // how often a case that fails is tried again (joined_attempts in gate.h)
};

struct CaseLine {
  std::string text;   // one redacted line of the run record
  CaseRecord record;  // what it says
};

// What cells show for these clients: what each reads (reads.h), and our own data with what its links lead to.
std::vector<std::string> shown_to(const std::vector<ClientSpec>& clients, const std::string& data_folder);

// Calls `done` once for each case, in the order in which they end, never twice at once. Fails when no cell
// can be made. A cell that dies gives its case the verdict error, and another takes its place.
Result<void> execute(const std::vector<PlannedCase>& plan, const ExecuteOptions& options,
                     const std::function<void(CaseLine)>& done);

// The loop of a worker inside a cell: reads planned cases from stdin, writes their lines to stdout, until
// stdin ends. Returns an exit status.
int work();

}  // namespace assay::conformance
