// What /proc says about processes: who runs, whose child it is, what it was started with. Inside a cell it
// shows the cell's processes and no others.
//
// Every function reads a moment that may be over when it returns: a process that ends while it is read is
// left out.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.h"

namespace assay::process {

struct ProcessInfo {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t session = 0;
  char state = '?';               // proc(5): R, S, D, Z, T, ...
  std::uint64_t start_ticks = 0;  // since boot; with pid it names a process for ever
  std::vector<std::string> argv;  // empty for a zombie or a kernel thread
  std::string name;               // comm: the first 15 bytes of the program's name
};

// Every process that can be seen, by pid.
std::vector<ProcessInfo> list_processes();
// One process; nullopt when there is none of that number.
std::optional<ProcessInfo> find_process(pid_t pid);
// Its children, zombies too. Reads /proc/PID/task/*/children and needs to look at nobody else; on a kernel
// without that (CONFIG_PROC_CHILDREN) it looks at all processes.
std::vector<pid_t> children_of(pid_t pid);
// The processes of one session that still run (no zombies), the leader left out.
std::vector<ProcessInfo> session_members(pid_t session);
// "NAME=value" of a process, as it was given to it. Fails for another user's process.
Result<std::vector<std::string>> process_environment(pid_t pid);

}  // namespace assay::process
