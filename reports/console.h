// The console: progress while a run goes on, and one screen at its end that says what failed, why, and how to
// repeat it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "reports/summary.h"

namespace assay::reports {

struct ConsoleStyle {
  bool color = false;  // ANSI colours
  bool live = false;   // a terminal: the progress line may be rewritten
  int width = 100;     // columns
  int height = 40;     // lines that the summary may take
};

// What suits `fd`: plain unless it is a terminal; NO_COLOR (no-color.org) and TERM=dumb switch colours off.
ConsoleStyle console_style(int fd);

// Progress of a run. On a terminal one line that is rewritten, and a permanent line for each case that needs
// attention; else plain lines, one for each such case and one at every tenth of the plan. Not thread-safe.
class Progress {
 public:
  using Sink = std::function<void(std::string_view)>;
  Progress(ConsoleStyle style, std::uint64_t planned, Sink sink);
  void update(const CaseRecord& record);
  // Clears the rewritten line.
  void finish();

 private:
  ConsoleStyle style_;
  std::uint64_t planned_;
  Sink sink_;
  Tally tally_;
  std::uint64_t tenth_ = 0;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_{};
};

// The end of a run. `record_path` is named where there is more to see than fits.
std::string render_console(const RunRecord& record, const ConsoleStyle& style = {},
                           const std::string& record_path = "run.jsonl");

}  // namespace assay::reports
