// Child: a program under our control. It gets an argv array (never a shell string), an environment built from
// nothing and three descriptors of its own; what it prints is kept with the time it came.
//
// Each child has one thread that drains its output, so that a full pipe never blocks it, and that starts it,
// so that it dies with us: when this process is killed the kernel kills the child too.
//
// Thread-safety: every method may be called from any thread, but destroy and move only when nobody else
// calls. Lifetimes: the destructor kills the child and what is left of its session, and reaps it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/base/time.h"
#include "harness/process/procfs.h"
#include "harness/process/sandbox.h"
#include "harness/process/terminal.h"

namespace assay::process {

enum class Stream { out, err };

// What one read of a pipe gave.
struct OutputChunk {
  Micros at{0};  // by ChildOptions::clock; without one since the start
  Stream stream = Stream::out;
  std::string bytes;
};

enum class StdinMode {
  null,  // at its end from the beginning
  pipe   // write() feeds it, close_stdin() ends it
};

struct ChildOptions {
  std::vector<std::string> argv;         // argv[0] is a path, or a name that PATH of `environment` finds
  std::vector<std::string> through;      // a program with arguments that executes `argv`; empty = at once
  std::vector<std::string> environment;  // "NAME=value": all that it gets
  std::string directory;                 // where it runs; empty = where we run
  StdinMode stdin_mode = StdinMode::null;
  // It runs in a terminal of that size: what it prints is all Stream::out, write() types, and the end of
  // stdin is what a program makes of the key for it. stdin_mode is not looked at.
  std::optional<TerminalSize> terminal;
  std::size_t output_limit = std::size_t{6} << 20U;  // bytes kept of each stream; what comes later is counted
  bool lines = false;                                // split stdout into lines for read_line()
  std::size_t line_limit = std::size_t{1} << 20U;    // bytes of one line
  // A reader that is slow: once stdout has something, nothing is read for so long, and a full pipe blocks.
  Micros stdout_pause{0};
  // A reader that goes away: after so many bytes of stdout it is closed, and the child meets EPIPE.
  std::uint64_t stdout_bytes = UINT64_MAX;
  const Clock* clock = nullptr;  // outlives the child
  int inherit = -1;              // a descriptor that the child gets too, under its number
  Sandbox* sandbox = nullptr;    // where it runs, in the worker of a cell; outlives the child
  // Called on the child's thread for every chunk, kept or not. Must not call the child's waiting methods.
  std::function<void(const OutputChunk&)> on_output;
};

struct ExitStatus {
  int code = 0;           // what it gave to exit(); meaningless when `signal` is set
  int signal_number = 0;  // the signal that ended it; 0 = it exited
  bool ok() const { return code == 0 && signal_number == 0; }
  // "exit 3", "signal 9 (Killed)"
  std::string text() const;
  bool operator==(const ExitStatus&) const = default;
};

class Child {
 public:
  // Fails with "cannot start foo: No such file or directory".
  static Result<Child> start(ChildOptions options);
  Child(Child&&) noexcept;
  Child& operator=(Child&&) noexcept;
  ~Child();

  pid_t pid() const;
  bool running() const;

  // Returns when the kernel has taken every byte. Fails when the child has closed its stdin or ended (EPIPE;
  // no SIGPIPE reaches this process), and on the deadline.
  Result<void> write(std::string_view bytes, Micros deadline);
  void close_stdin();

  // The next line of stdout without its LF (and without a CR before it); the last may have had none. nullopt
  // = the stream has ended. Fails on the deadline and, for ever, after a line over the limit. Needs
  // ChildOptions::lines.
  Result<std::optional<std::string>> read_line(Micros deadline);

  // Sends to the whole process group, as a terminal does, or to the child alone. False when it has ended.
  enum class To { group, child };
  bool signal(int number, To to = To::group) const;
  // Waits until the child has ended and its output is drained. What it leaves running in its session is
  // killed then. left_behind() names it, and in a sandbox whatever else is alive there (Sandbox::left_by).
  Result<ExitStatus> wait(Micros deadline);
  // SIGTERM, then after `grace` SIGKILL, to the whole session. At once when it has ended.
  Result<ExitStatus> stop(Micros grace);

  // What was kept so far. left_behind() is complete after wait().
  std::vector<OutputChunk> chunks() const;
  std::string text(Stream stream) const;
  std::uint64_t bytes_seen(Stream stream) const;  // kept and dropped
  std::vector<ProcessInfo> left_behind() const;

 private:
  struct State;
  explicit Child(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Starts a program with its stdin at its end, waits for it and returns what it printed; kills it at the
// deadline (then `timed_out`). For programs that are run once.
struct Completed {
  ExitStatus status;
  std::string out, err;
  bool timed_out = false;
};
Result<Completed> run_program(ChildOptions options, Micros deadline);

}  // namespace assay::process
