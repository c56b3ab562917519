// The system calls that programs in a sandbox are refused: those that reach the kernel's rarely tested or
// machine-wide parts, and that no client of an API needs. They fail with an errno; nobody is killed.
// ptrace of a program's own children and new user namespaces stay allowed: debuggers, sandboxes of agents and
// browsers need them.
#pragma once

#include <linux/filter.h>

#include <vector>

#include "harness/base/result.h"

namespace assay::process {

// A filter for the kernel (seccomp(2)). Values; make it once.
using SyscallFilter = std::vector<sock_filter>;
Result<SyscallFilter> make_syscall_filter();
// For the calling thread and what it executes; it must have no_new_privs. One system call. False with errno.
bool install(const SyscallFilter& filter) noexcept;

}  // namespace assay::process
