// CaseClock: the clock of a case, which its clients read too: both follow one ClockMap.
#pragma once

#include <atomic>

#include "harness/base/time.h"
#include "harness/time/clock_map.h"

namespace assay::casetime {

// Thread-safe. At the natural rate it is the machine's clock.
class CaseClock final : public Clock {
 public:
  explicit CaseClock(const ClockMap& map);
  Micros now() const override;
  std::int64_t wall_seconds() const override;
  Micros machine_time(Micros wait) const override;
  // The other way round: a limit of the machine's time in this one's.
  Micros case_time(Micros machine) const;
  // Shifts wall_seconds() alone, as a case's `clock: +30d` does.
  void advance(Micros by) { offset_us_ += by.count(); }

  const ClockMap& map() const { return map_; }

 private:
  const ClockMap map_;
  const std::int64_t start_;  // of the client's CLOCK_MONOTONIC
  std::atomic<std::int64_t> offset_us_{0};
};

}  // namespace assay::casetime
