// Every way of waiting that the C library has: what the self-check of case time asks of a machine.
//
// Of the C library and the kernel alone, so that the probe can be linked statically. For one thread.
#pragma once

#include <cstdint>
#include <span>

namespace assay::casetime {

struct WayOfWaiting {
  const char* name;
  // Waits so long, by the clock that the call itself goes by. False when the wait ended otherwise than by its
  // time.
  bool (*wait)(std::int64_t nanoseconds);
  bool whole_seconds = false;  // it can wait for nothing shorter
};

std::span<const WayOfWaiting> ways_of_waiting();

// CLOCK_MONOTONIC of the machine, from within a program in case time too.
std::int64_t machine_clock();

}  // namespace assay::casetime
