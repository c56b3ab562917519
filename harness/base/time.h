// Time as the harness counts it: microseconds since the world began, from a clock that tests can replace.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "harness/base/result.h"

namespace assay {

using Micros = std::chrono::microseconds;

// Parses "300ms", "5s", "2m", "1h", "30d", "250us", "0". Errors name what was found.
Result<Micros> parse_duration(std::string_view text);
// The shortest exact form that parse_duration reads back: "300ms", "5s", "1500us".
std::string format_duration(Micros d);

// A clock. Thread-safe. `now()` never goes back; `wall()` is what a fake writes into tokens.
class Clock {
 public:
  virtual ~Clock() = default;
  // Time since this clock was made.
  virtual Micros now() const = 0;
  // Seconds since 1970 (UTC), with every skew applied.
  virtual std::int64_t wall_seconds() const = 0;
  // How long a wait of this clock's time is by the machine's: shorter where this clock runs faster (case
  // time). Whoever waits for something by timers of the machine asks this first.
  virtual Micros machine_time(Micros wait) const { return wait; }
};

// The machine's clock, plus an offset that a case may advance (`clock: +30d`).
class SystemClock final : public Clock {
 public:
  SystemClock();
  Micros now() const override;
  std::int64_t wall_seconds() const override;
  // Shifts wall_seconds() alone; now() keeps measuring real time. Thread-safe.
  void advance(Micros by);

 private:
  std::chrono::steady_clock::time_point start_;
  std::atomic<std::int64_t> offset_us_{0};
};

// A clock that stands still until it is told. For tests of fakes. Thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t wall_seconds = 1'790'000'000) : start_wall_(wall_seconds) {}
  Micros now() const override { return Micros(us_.load()); }
  std::int64_t wall_seconds() const override { return start_wall_ + us_.load() / 1'000'000; }
  void advance(Micros by) { us_ += by.count(); }

 private:
  std::int64_t start_wall_;
  std::atomic<std::int64_t> us_{0};
};

}  // namespace assay
