// Timers of one loop: an intrusive binary heap. Setting, moving and cancelling cost O(log n) and no memory.
//
// Thread-safety: none; one loop owns them. A Timer must be cancelled before it dies.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace assay::http {

using Instant = std::chrono::steady_clock::time_point;

struct Timer {
  std::function<void(Instant now)> expired;
  Instant due;
  std::size_t slot = 0;  // place in the heap, 1-based; 0 = not set
};

class Timers {
 public:
  void set(Timer& timer, Instant due);
  void cancel(Timer& timer);
  // The earliest due time; nothing when no timer is set.
  std::optional<Instant> next() const;
  // Calls at most `most` timers that are due. True when all that were due have been called.
  bool run(Instant now, int most);

 private:
  void up(std::size_t slot);
  void down(std::size_t slot);
  void place(Timer* timer, std::size_t slot);
  std::vector<Timer*> heap_{nullptr};  // 1-based
};

}  // namespace assay::http
