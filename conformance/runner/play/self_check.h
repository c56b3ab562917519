// Whether this machine can compress time: every way of waiting that the C library has is tried under the
// tracer, in a program that is linked dynamically and in one that is linked statically.
#pragma once

#include <functional>
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
  Micros apart{0};  // by how much of the machine's time the looks at the two clocks may be apart
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

// A run of one of the two programs.
struct ProbeRun {
  bool linked_statically = false;
  Micros wait{0};                 // how long each wait takes by the machine's clock
  std::vector<std::string> ways;  // empty = all
};
struct ProbeAnswer {
  std::vector<WaitSeen> waits;
  std::string problem;    // why there are no others: "exit 126 ..."; may be better another time
  bool for_good = false;  // unless it is for good
};
using Probe = std::function<ProbeAnswer(const ProbeRun&)>;

// Asks one of the programs in rounds: what was wrong is tried again with a longer wait. A machine is as late
// as it is busy, whatever the wait; a wait that is not compressed takes N times as long, always.
SelfCheck check_program(bool linked_statically, casetime::Rate rate, const Probe& probe);

// Both programs, at once. Takes less than a second where nothing is wrong, and some seconds on a busy
// machine.
SelfCheck check_case_time(casetime::Rate rate);

}  // namespace assay::conformance
