// What happens between clone() and the first client of a sandbox: its pid 1. Runs in a forked copy of a
// process with many threads, so it makes system calls and nothing else.
#pragma once

#include <cstdint>

namespace assay::process {

struct SandboxPlan {
  const char* uid_map = nullptr;  // "1000 1000 1"
  const char* gid_map = nullptr;
  int report = -1;  // SandboxReport is written here once
};

struct SandboxReport {
  std::int32_t error = 0;  // 0 = the sandbox stands
  char what[60] = {};      // what could not be done
};

[[noreturn]] void sandbox_init(const SandboxPlan& plan);

}  // namespace assay::process
