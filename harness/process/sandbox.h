// Sandbox: where the clients of one case run: user, pid, mount, ipc and uts namespaces of their own below the
// worker of a cell, with a small init as pid 1. A client in it sees no process but those of its case, cannot
// signal or trace the worker, gains no privileges by executing a program (no_new_privs) and holds no
// capability. User namespaces inside stay possible: sandboxes of agents and browsers need them.
//
// Works inside a cell only. The mounts of the worker are copied when the sandbox is made: what the worker
// mounts later is not seen inside.
//
// Thread-safety: every method from any thread. Lifetimes: children started in it (ChildOptions::sandbox) end
// before it. The destructor kills every process inside and waits for them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/process/procfs.h"
#include "harness/process/sandbox_limits.h"
#include "harness/process/syscall_filter.h"

namespace assay::process {

struct SandboxOptions {
  SandboxLimits limits;
  SyscallFilter filter;  // empty = none
};

class Sandbox {
 public:
  static Result<std::unique_ptr<Sandbox>> make(SandboxOptions options = {});
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  // Its pid 1, as it is numbered here.
  pid_t init() const;
  // Every process inside but pid 1, zombies left out.
  std::vector<ProcessInfo> processes() const;

  // For launch(). The calling thread's next fork() is a member of the pid namespace, until leave().
  Result<void> adopt_next_child() const;
  static void stop_adopting();
  // In the forked child, before it executes a program: system calls only. False with errno.
  bool enter() const noexcept;

  // For Child. A program runs inside; it has ended (it is a zombie still): what it has left behind, once for
  // each process. That is its session, and when no other program runs inside everything that is alive;
  // processes that left the session get half a second to end.
  void program_started(pid_t pid);
  std::vector<ProcessInfo> left_by(pid_t pid);

  const SandboxLimits& limits() const;
  // A limit was reached: everything inside is killed.
  void reached(std::string limit);
  // The first limit that was reached: "256 MiB of output"; empty = none was.
  std::string reached_limit() const;

 private:
  struct State;
  explicit Sandbox(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace assay::process
