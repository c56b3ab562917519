// CallChange: one system call on its way in, as TimedCalls changes it. Internal to this room.
//
// Each method replaces one time and says whether the call is to be changed. False = the program's own value
// is left to the kernel: it is invalid, or means "never", or cannot be read.
#pragma once

#include <sys/time.h>

#include <ctime>

#include "harness/time/clock_map.h"
#include "harness/time/timed_calls.h"
#include "harness/time/tracee.h"

namespace assay::casetime {

using Register = unsigned long long Registers::*;

// Nanoseconds of a valid time below the far future.
std::optional<std::int64_t> nanoseconds(const timespec& time);
std::optional<std::int64_t> nanoseconds(const timeval& time);
timespec to_timespec(std::int64_t nanoseconds);
timeval to_timeval(std::int64_t nanoseconds);  // rounds up

class CallChange {
 public:
  CallChange(const ClockMap& map, const TracedThread& thread, const Registers& registers)
      : registers(registers), map_(map), thread_(thread) {
    call.before = registers;
  }

  bool relative(Register pointer);
  bool absolute(Register pointer, clockid_t clock);
  bool relative_timeval(Register pointer);
  // A time-out in milliseconds, which becomes a timespec in `to`. The wait goes on at thread.broken where it
  // is one.
  bool milliseconds(Register value, Register to);
  bool itimerspec(Register pointer, bool absolute);
  bool itimerval(Register pointer);

  // What the kernel writes where the program said, in the same unit.
  void translate(Unit unit, Address where) { translate(unit, where, where); }
  void translate(Unit unit, Address from, Address to) {
    call.unit = unit;
    call.left_from = from;
    call.left_to = to;
  }
  // What is left of a relative time is written to the copy.
  bool copy_back(bool changed, Unit unit, Register pointer) {
    if (changed) translate(unit, registers.*pointer, call.before.*pointer);
    return changed;
  }

  Registers registers;
  ChangedCall call;

 private:
  std::int64_t shortened(std::int64_t wait);
  template <typename T>
  bool put(Register pointer, const T& value);

  const ClockMap& map_;
  const TracedThread& thread_;
};

}  // namespace assay::casetime
