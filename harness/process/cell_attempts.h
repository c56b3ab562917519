// Attempts to make a cell: which failures are the machine's no, and which pass.
//
// A busy machine fails to make namespaces for a moment: EAGAIN from clone() at a limit of processes, ENOSPC
// while namespaces of cells that have ended are still being taken down (the kernel does that later), ENOMEM,
// a deadline that passed. Such a failure is tried again; only what is left says that cells are forbidden.
//
// Functions without state; what they need of the machine is in CellSystem, so that a test gives another one.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "harness/base/time.h"

namespace assay::process {

// Why one attempt failed: "make namespaces" and an errno, or a whole sentence and 0 ("timed out").
struct NoCell {
  std::string what;
  int error = 0;
  bool for_good = false;  // of a sentence: no later attempt will do better
};

enum class Refusal {
  for_good,  // forbidden, or not in this kernel
  for_now,   // may be done a moment later
};

struct CellSystem {
  std::function<std::string(const char* path)> setting;  // a file of /proc/sys, trimmed; empty = not there
  std::function<Micros()> now;                           // monotonic
  std::function<void(Micros)> rest;
};
// The machine's own.
CellSystem cell_system();

Refusal refusal_of(const NoCell& no, const CellSystem& system);
// "no cell: cannot make namespaces: Operation not permitted (kernel.unprivileged_userns_clone is 0)"
std::string explain(const NoCell& no, const CellSystem& system);

struct Refused {
  Refusal kind = Refusal::for_good;
  std::string reason;  // as explain() has it, with the number of attempts when there were several
};

struct Patience {
  Micros total = std::chrono::seconds(30);  // no attempt begins later, but the second one always does
  std::function<bool()> give_up;            // empty = never
};

// Calls `once` until it succeeds (nullopt), is refused for good, has no file descriptor left (EMFILE: that is
// our own limit), or patience ends. Rests between attempts: 10 ms, then twice as long each time, at most 1 s.
std::optional<Refused> try_cells(const std::function<std::optional<NoCell>()>& once, const CellSystem& system,
                                 const Patience& patience);

}  // namespace assay::process
