#include "harness/process/terminal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>

namespace assay::process {

Result<TerminalPair> open_terminal(TerminalSize size, const std::string& multiplexer) {
  const auto failed = [] { return fail(fmt::format("no pseudo-terminal: {}", std::strerror(errno))); };
  TerminalPair out;
  out.master = UniqueFd(::open(multiplexer.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  if (!out.master || ::unlockpt(out.master.get()) != 0) return failed();
  // By the master and not by its name: /dev/pts of this mount namespace may be another one.
  out.slave = UniqueFd(::ioctl(out.master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!out.slave) return failed();
  const winsize window{size.rows, size.columns, 0, 0};
  if (::ioctl(out.slave.get(), TIOCSWINSZ, &window) != 0) return failed();
  return out;
}

}  // namespace assay::process
