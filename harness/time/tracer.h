// The tracer: attaches to a process that is about to execute a program, and compresses the time of that
// program and of everything that it starts, until the last of them has ended.
//
// It is a process with one thread of its own (casetime/start.h starts it): ptrace belongs to a thread. When
// it dies, the kernel kills everything that it traces.
#pragma once

#include <sys/types.h>

#include "harness/time/clock_map.h"
#include "harness/time/ledger.h"

namespace assay::casetime {

struct TracerOptions {
  ClockMap map;
  bool hide_vdso = false;  // for tests of what happens when it cannot be changed
};

// Attaches to `process`, which waits meanwhile; 0 or an errno.
int attach(pid_t process);
// Serves what is attached, and returns when nothing is left of it.
void trace(const TracerOptions& options, Ledger& ledger);

}  // namespace assay::casetime
