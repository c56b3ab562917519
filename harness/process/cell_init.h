// What happens between clone() and the worker: the cell's pid 1. Runs in a forked copy of a process that may
// have had many threads, so it makes system calls and nothing else: no allocation, no lock, no exception.
#pragma once

#include <cstdint>

#include "harness/process/cell_root.h"

namespace assay::process {

// Prepared by the parent, because after clone() nothing may be allocated. Pointers stay valid until exec.
struct CellPlan {
  const char* uid_map = nullptr;  // "1000 0 1": inside outside count
  const char* gid_map = nullptr;
  // Not 0: the parent maps the users, writes a byte into the lifeline, and this is who pid 1 becomes inside.
  std::uint32_t become = 0;
  RootPlan root;
  const int* keep = nullptr;  // the descriptors that stay open, in order, ended by -1
  bool network = false;       // the machine's; there is no loopback to bring up
  bool catch_all = false;
  const char* const* argv = nullptr;  // nullptr = no worker: end when the cell stands
  const char* const* environment = nullptr;
  int lifeline = -1;  // closed by the parent's end: the cell ends
  int report = -1;    // CellReport is written here
  int worker = -1;    // the worker's stdin and stdout
};

// What pid 1 tells on its report descriptor, in this order: failed or standing, then ended.
struct CellReport {
  enum Kind : std::int32_t { failed, standing, ended } kind = failed;
  std::int32_t value = 0;  // failed: errno; ended: the worker's status as waitpid() gave it
  char what[88] = {};      // failed: what could not be done
};

[[noreturn]] void cell_init(const CellPlan& plan);

}  // namespace assay::process
