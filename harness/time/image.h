// Prepares a program that has just been executed: its vDSO, and a place for the times that the tracer gives
// to the kernel in its name.
//
// The place is memory of the program's own, mapped by a call made in its name: writing below its stack
// pointer would hit somebody else's memory where stacks are small.
#pragma once

#include <sys/types.h>

#include <string>

#include "harness/time/clock_map.h"
#include "harness/time/tracee.h"

namespace assay::casetime {

constexpr std::size_t kScratchSlots = 4096;
constexpr std::size_t kScratchSlotBytes = 128;

struct Image {
  Address scratch = 0;       // kScratchSlots slots; 0 = none, its waits cannot be compressed
  bool vdso_hidden = false;  // it had to be hidden: each look at a clock is a system call
  std::string problem;       // why it is not compressed; empty when it is
};

// For a thread at PTRACE_EVENT_EXEC, which it leaves a little further on (at the end of execve). With
// `hide_vdso` it is hidden in any case.
Image prepare_image(pid_t thread, const ClockMap& map, bool hide_vdso);

}  // namespace assay::casetime
