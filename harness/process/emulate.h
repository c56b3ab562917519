// Emulation of other systems by preloaded libraries: what a case's `emulate:` and `clock:` mean for the
// environment of a client.
//
// They reach a program only through the dynamic linker. For a statically linked one, can_preload() says why
// not, and the verdict is could-not-run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/base/time.h"

namespace assay::process {

struct ShimInfo {
  std::string_view name;  // as `emulate:` has it
  std::string_view what;  // one line for people
};
// Every shim there is: accept-inherits-nonblocking, eintr, short-io.
const std::vector<ShimInfo>& shims();

// The library of a shim. Looked for as lib/assay/NAME.so in the directories above the running program (a
// build tree, an installation). Fails for a name that is none, naming those that are.
Result<std::string> shim_library(std::string_view name);

struct Emulation {
  std::vector<std::string> shims;
  Micros clock_offset{0};  // whole seconds; by libfaketime (Debian package libfaketime)
};
// The variables that switch it on: LD_PRELOAD and FAKETIME; empty for an empty Emulation.
Result<std::vector<std::string>> emulation_environment(const Emulation& emulation);

// Fails when a preloaded library would not reach `program` (a path, or a name that PATH of `environment`
// finds): statically linked, another C library, 32 bits. A script is judged by its interpreter.
Result<void> can_preload(const std::string& program, const std::vector<std::string>& environment);

}  // namespace assay::process
