// The outcomes of a backtest as text: for the console, in Markdown and as one HTML page. What clients and
// files say is escaped.
#pragma once

#include <string>
#include <vector>

#include "conformance/backtest/outcome.h"

namespace assay::conformance {

// "found 3 of 5, missed 1, not-attached 1".
std::string counts_of(const std::vector<BugOutcome>& outcomes);

// One line a bug, what is behind a bug that was not found, and counts by registry. `width` columns.
std::string render_backtest_console(const std::vector<BugOutcome>& outcomes, std::size_t width = 120);
// Counts by registry, a table (language, package, versions, what the bad version did, evidence), and a list
// of those that were not found. `command` is how it was made.
std::string render_backtest_markdown(const std::vector<BugOutcome>& outcomes, const std::string& command);
std::string render_backtest_html(const std::vector<BugOutcome>& outcomes, const std::string& command);

}  // namespace assay::conformance
