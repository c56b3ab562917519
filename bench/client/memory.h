// How much memory a tree of processes takes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>

namespace assay::bench {

// Looks at all descendants of `root` every 10 ms, `root` itself left out. Thread-safe. The destructor ends
// its thread.
class MemoryWatch {
 public:
  explicit MemoryWatch(pid_t root);
  ~MemoryWatch();
  MemoryWatch(const MemoryWatch&) = delete;
  MemoryWatch& operator=(const MemoryWatch&) = delete;

  // Looks now.
  void sample();
  // The most that was seen at once: the sum, over the processes of one moment, of the greatest resident set
  // that the kernel has seen of each (VmHWM of proc(5)). KiB; pages that several share count for each.
  std::uint64_t peak_kib() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay::bench
