// Cell: a worker process in a private world of its own: user, network, pid, mount, ipc and uts namespaces.
//
// Inside, loopback is up and empty (every fixed port is free), and there is no other interface unless
// `CellOptions::catch_all` makes loopback answer for every address. The file system shows the system's
// programs and libraries, a cleaned /etc, and `CellOptions::shows`, all read-only (cell_root.h); what is
// written to /tmp, /var/tmp and /dev/shm lives in memory and ends with the cell. As root the cell's user is
// one that the machine does not know.
// pid 1 reaps orphans; when it goes, the kernel kills all the rest. It goes when the worker ends, when the
// Cell is destroyed, and when this process ends, however it ends. So nothing is left on the machine: no
// process, no port, no file.
//
// The worker talks in lines over its stdin and stdout, one line to and one line from it at a time; its stderr
// is ours. It is not root inside (uid CellOptions::uid) but holds every capability over the cell; the
// programs that it starts through Child hold none.
//
// Thread-safety: one thread at a time for each Cell; different cells are independent. Needs Linux 5.12.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/base/time.h"
#include "harness/process/cell_attempts.h"
#include "harness/process/child.h"

namespace assay::process {

struct CellOptions {
  std::vector<std::string> environment;  // of the worker, "NAME=value"; nothing is inherited
  std::uint32_t uid = 1000;              // user and group inside
  // Paths of files and folders that are shown inside, read-only, beside the system's and the worker.
  std::vector<std::string> shows;
  std::uint64_t tmp_bytes = std::uint64_t{4}
                            << 30U;  // limit of what /tmp, /var/tmp and /dev/shm hold together
  // Folders in which the cell may write for good: mounted, with no file of a set-uid program or a device in
  // use. Their owner is the caller.
  std::vector<std::string> writes;
  // The machine's network, name servers and hosts in place of loopback alone: for what installs programs.
  bool network = false;
  bool catch_all = false;  // every IPv4 and IPv6 address is local: whatever a client tries stays in the cell
  std::size_t line_limit = std::size_t{256} << 20U;  // bytes of one line from the worker
  const std::atomic<bool>* interrupted = nullptr;    // set from outside: start() does not try again
};

class Cell {
 public:
  // Makes the namespaces and executes `worker` (argv; argv[0] is a path, own_executable() for a verb of this
  // program) inside. What a busy machine fails at for a moment is tried again (cell_attempts.h). Fails with
  // what could not be done: "no cell: cannot make namespaces: Operation not permitted".
  static Result<Cell> start(const CellOptions& options, const std::vector<std::string>& worker);
  // The same with a machine and a patience of the caller's.
  static tl::expected<Cell, Refused> start_with(const CellOptions& options,
                                                const std::vector<std::string>& worker,
                                                const CellSystem& system, const Patience& patience);
  Cell(Cell&&) noexcept;
  Cell& operator=(Cell&&) noexcept;
  // Kills everything inside and waits until pid 1 is reaped.
  ~Cell();

  // pid 1 of the cell, as it is numbered here.
  pid_t pid() const;

  // Writes `line` (without LF) and returns the next line of the worker. Fails on the deadline (of the two
  // together), and when the worker has ended: "the worker of the cell ended: signal 11 (Segmentation fault)".
  Result<std::string> request(std::string_view line, Micros deadline);
  Result<void> send(std::string_view line, Micros deadline);
  // nullopt = the worker has closed its stdout.
  Result<std::optional<std::string>> receive(Micros deadline);
  // No more lines will be sent: the worker reads the end of its stdin.
  void close_input();
  // Waits for the worker to end of itself.
  Result<ExitStatus> wait(Micros deadline);

 private:
  struct State;
  explicit Cell(std::unique_ptr<State> state);
  static tl::expected<std::unique_ptr<State>, NoCell> start_once(const CellOptions& options,
                                                                 const std::vector<std::string>& worker);
  std::unique_ptr<State> state_;
};

struct CellsAnswer {
  enum Kind {
    possible,
    forbidden,  // say so once and run without cells
    failing,    // not forbidden, but none could be made, however often it was tried: no reason to run without
  } kind = possible;
  std::string reason;  // what failed, and what the machine's owner can change; empty when possible
};
// Makes a cell and ends it; tries again as Cell::start() does.
CellsAnswer cells_available();

// The path of the running program.
std::string own_executable();

}  // namespace assay::process
