// Machine: what the clients of a case run on, as `emulate:` has it: a list of shims by name, `opener`,
// `headless`, `clock: +2h`, `disk: 8KiB` and `time: x50`. A value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/base/strict.h"
#include "harness/base/time.h"
#include "harness/process/mounts.h"
#include "harness/time/clock_map.h"

namespace assay::conformance {

struct Machine {
  std::vector<std::string> shims;  // preloaded libraries (harness/process/emulate.h)
  Micros clock{0};                 // how far the clients' clock is ahead of the fakes'; whole seconds
  std::uint64_t disk = 0;          // bytes of each HOME, whole pages; 0 = no limit of ours
  bool opener = false;             // BROWSER and the like start a command that notes what it is given
  bool headless = false;           // a login finds no browser to start
  casetime::Rate time;             // how much faster time goes (docs/case-time.md)
  bool plain() const {
    return shims.empty() && clock == Micros(0) && disk == 0 && !opener && !headless && time.natural();
  }
};

// Reads `emulate` of a case. What it does not know is a problem of `map`.
Machine read_machine(ObjectReader& map);
// "accept-inherits-nonblocking, clock +7200s, disk of 8192 bytes"
std::string describe(const Machine& machine);

// What the environment of a client gets. Fails when a preloaded library would not reach `program`.
Result<std::vector<std::string>> machine_environment(const Machine& machine, const std::string& program);
// Limits `home` as the machine's disk is: a file system of its own, until the result goes. Inside a cell
// only.
Result<process::Mounted> mount_disk(const Machine& machine, const std::string& home);

}  // namespace assay::conformance
