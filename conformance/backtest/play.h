// Playing bugs: both versions are installed, and play case and control as often as asked.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conformance/backtest/outcome.h"
#include "conformance/runner/play/execute.h"

namespace assay::conformance {

struct BacktestOptions {
  ExecuteOptions execute;
  std::uint64_t seed = 1;
  unsigned times = 1;
  std::string not_timed;               // why this machine cannot compress time; empty = it can
  std::vector<std::string> arguments;  // what else the repetition of a case takes: {"--cases", "./mine.yaml"}
};

// The two clients of a bug, installed and found.
struct Sides {
  ClientSpec bad, good;
};
// `say` gets the lines of installations. An error is the reason why the bug is not attached: no such client,
// a version that does not install here.
Result<Sides> install_sides(const Bug& bug, const std::function<void(const std::string&)>& say);

// What is played, in the order of the bugs. Play number i belongs to bugs[i / (4 * times)].
struct BacktestPlan {
  std::vector<Bug> bugs;  // those that are played
  std::vector<Sides> sides;
  std::vector<PlannedCase> plays;
};
// Fails when a bug names a case or a check that does not exist.
Result<BacktestPlan> plan_backtest(std::vector<Bug> bugs, std::vector<Sides> sides,
                                   const std::vector<Case>& cases, const BacktestOptions& options);
// Fails as plan_backtest does, with the line of the bug in `file`; bugs that are not attached are not looked
// at.
Result<void> check_bugs(const std::vector<Bug>& bugs, const std::vector<Case>& cases,
                        const std::string& file);

// Plays everything. `done` is told each line as it ends. Fails when no cell can be made, or when it was
// interrupted.
Result<std::vector<BugOutcome>> play_backtest(const BacktestPlan& plan, const BacktestOptions& options,
                                              const std::function<void(const CaseLine&)>& done);

}  // namespace assay::conformance
