// What changed between two runs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/record/reader.h"

namespace assay::reports {

struct DiffOptions {
  // Texts count as equal when they differ only in times, pids, ports, paths and tokens.
  bool stable = false;
};

// One client and case. A verdict is absent where the run has no such case.
struct Change {
  std::string client;
  std::string name;
  std::optional<Verdict> before;
  std::optional<Verdict> after;
  std::vector<std::string> details;  // one line each: "check done: observed \"a\" -> \"b\""
};

// Compares verdict, reason and checks, case by case; not durations, journals or output. Worst first: what
// became red, what is gone, what is new, other changes, what became green.
std::vector<Change> diff_records(const RunRecord& before, const RunRecord& after,
                                 const DiffOptions& options = {});

// A line a change with its details below, then a line of counts.
std::string render_diff(const std::vector<Change>& changes);

// `text` with times, pids, ports, paths and tokens replaced by their names in angle brackets.
std::string stable_text(std::string_view text);

}  // namespace assay::reports
