// Whether this machine can compress time: every way of waiting that the C library has is tried under the
// tracer, in a program that is linked dynamically and in one that is linked statically.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/base/time.h"
#include "harness/time/clock_map.h"

namespace assay::conformance {

// A line of time-probe (harness/time/probe).
struct WaitSeen {
  std::string way;
  bool waited = false;               // it ended by its time
  Micros asked{0}, own{0}, real{0};  // what was asked for; what the program's clock and the machine's showed
};
Result<std::vector<WaitSeen>> parse_waits(std::string_view output);

// What is wrong with a wait in case time: nothing, "it ended too early", "it took 1.0 s instead of 50 ms",
// ... Lateness of a busy machine is none, as long as it is less than half of what compressing saves.
std::string wrong_with(const WaitSeen& seen, casetime::Rate rate);

struct SelfCheck {
  std::vector<std::string> wrong;  // "nanosleep (static): it took ..."; empty = time can be compressed
  Micros late{0};                  // the 90th percentile of how late waits ended, by the machine's clock
  std::size_t ways = 0;
};
// Runs both programs at `rate`; what is wrong is tried twice more before it counts. Takes less than a second.
SelfCheck check_case_time(casetime::Rate rate);

}  // namespace assay::conformance
