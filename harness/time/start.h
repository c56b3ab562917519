// Starts a program in case time.
//
// The program keeps its process id, its parent, its exit status and its signals: a program that is to run in
// case time is started through a small one (a verb of the one that calls itself: kTimedVerb), which starts
// the tracer beside itself, lets it attach, sets the seccomp filter and executes the program. The tracer
// leaves the session and closes every descriptor but the ledger; it belongs to the next reaper above.
//
// It needs ptrace of processes of one's own (Yama's ptrace_scope 0 or 1), x86-64, and Linux 5.11 or newer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/time/clock_map.h"
#include "harness/time/ledger.h"

namespace assay::casetime {

constexpr const char* kTimedVerb = "in-case-time";
// The exit status when the program could not be compressed at all; the ledger has a note that says why.
constexpr int kNotTimed = 126;

struct TimedOptions {
  ClockMap map;
  int ledger = -1;  // a descriptor that the program inherits up to the tracer; -1 = nobody reads it
  bool hide_vdso = false;
};
// What to execute instead of `argv`: `self` is a program that calls timed_main().
std::vector<std::string> timed_command(const std::string& self, const TimedOptions& options,
                                       const std::vector<std::string>& argv);

// To be called first in main(): nullopt when argv does not ask for it. Returns only when something failed.
std::optional<int> timed_main(int argc, char** argv);

}  // namespace assay::casetime
