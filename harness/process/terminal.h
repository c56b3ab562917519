// Terminal: a pseudo-terminal for a child, as a terminal window gives a shell one. The child has it as its
// three descriptors and as its controlling terminal (ChildOptions::terminal).
#pragma once

#include <cstdint>
#include <string>

#include "harness/base/result.h"
#include "harness/base/unique_fd.h"

namespace assay::process {

struct TerminalSize {
  std::uint16_t rows = 24, columns = 80;
  bool operator==(const TerminalSize&) const = default;
};

// `master` is the side of the window: what the child prints is read there, and what is written there is
// typed. `slave` is the child's. Both are close-on-exec; `master` does not block.
struct TerminalPair {
  UniqueFd master, slave;
};

// `multiplexer` decides in which /dev/pts the child finds its terminal. Fails where that is not there.
Result<TerminalPair> open_terminal(TerminalSize size, const std::string& multiplexer = "/dev/ptmx");

}  // namespace assay::process
