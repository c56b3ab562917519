// What happens to a system call that carries a time: its time is replaced on the way in, and what the kernel
// gives back is translated on the way out.
//
// On the way in a time goes into the thread's scratch slot, scaled, and the register points there; calls with
// a coarse unit become their fine twin (poll → ppoll, epoll_wait → epoll_pwait2, alarm → setitimer). On the
// way out all argument registers and the call's number are as the program left them, which the ABI promises
// and restarts rely on.
//
// For the tracer's thread only.
#pragma once

#include <optional>
#include <set>
#include <utility>

#include "harness/time/clock_map.h"
#include "harness/time/ledger.h"
#include "harness/time/tracee.h"

namespace assay::casetime {

// How the remaining or previous time that a call gives back is written.
enum class Unit { none, timespec, timeval, itimerspec, itimerval };

// A call that was changed and has not returned.
struct ChangedCall {
  Registers before;
  std::int64_t due =
      0;  // when a wait ends at the latest, by CLOCK_MONOTONIC here; 0 = it has no end or is no wait
  Unit unit = Unit::none;
  Address left_from = 0,
          left_to = 0;  // a time that the kernel writes at `from`, and where the program wants it
  bool left_if_interrupted = false;  // ... only when the call is
  bool makes_cpu_timer = false;
};

// A wait that a signal broke and that the kernel starts again, as long as no handler ran.
struct BrokenWait {
  Registers at;
  std::int64_t due = 0;
};

struct TracedThread {
  pid_t id = 0;
  Address slot = 0;  // kScratchSlotBytes of its own, in memory of the program; 0 = none
  std::optional<ChangedCall> call;
  std::optional<BrokenWait> broken;
  Address sleep_left = 0;  // where the kernel writes what is left of a sleep that it continues
};

class TimedCalls {
 public:
  // Both outlive this.
  TimedCalls(const ClockMap& map, Ledger& ledger) : map_(map), ledger_(ledger) {}

  // At the seccomp stop of a call. The thread's `call` is set when its return must be seen too.
  void enter(TracedThread& thread);
  // At the return of a call that enter() changed.
  void leave(TracedThread& thread);

 private:
  void read_the_clock(TracedThread& thread, Registers registers);
  std::set<std::pair<pid_t, std::uint64_t>> cpu_timers_;  // process and id of timers that count CPU time

  const ClockMap& map_;
  Ledger& ledger_;
};

}  // namespace assay::casetime
