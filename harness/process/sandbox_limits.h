// What the clients of one case may use together. A limit that is reached ends the case, and its verdict names
// it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace assay::process {

struct SandboxLimits {
  std::uint64_t tasks = 1024;                        // processes and their threads
  std::uint64_t memory = std::uint64_t{4} << 30U;    // bytes of their own, all together
  std::uint64_t output = std::uint64_t{256} << 20U;  // bytes of stdout, and of stderr, of one program
  std::uint64_t cpu_seconds = 600;                   // of one process
  std::uint64_t descriptors = 65536;                 // of one process
};

// In the forked child, before it executes a program: what the kernel enforces by itself. False with errno.
bool set_limits(const SandboxLimits& limits) noexcept;

// Looks every 100 ms at the tasks and the memory of the processes below pid 1 of a sandbox, and at what is
// left of /tmp. Calls `reached` once, on a thread of its own, with the limit as words: "2048 processes and
// threads". The destructor ends the thread.
class LimitWatch {
 public:
  LimitWatch(const SandboxLimits& limits, std::function<void(std::string)> reached);
  ~LimitWatch();
  LimitWatch(const LimitWatch&) = delete;
  LimitWatch& operator=(const LimitWatch&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// One line of /proc/PID/status as proc(5) has it: the number after `name`; 0 when there is none.
std::uint64_t status_number(const std::string& status, const char* name);
// Whether a process is in a pid namespace below ours.
bool is_nested(const std::string& status);

}  // namespace assay::process
