#include "harness/time/case_clock.h"

namespace assay::casetime {
namespace {

std::int64_t client_clock(const ClockMap& map, clockid_t clock) {
  return map.to_client(clock, read_clock(clock));
}

}  // namespace

CaseClock::CaseClock(const ClockMap& map) : map_(map), start_(client_clock(map, CLOCK_MONOTONIC)) {}

Micros CaseClock::now() const {
  return Micros((client_clock(map_, CLOCK_MONOTONIC) - start_) / 1000);
}

std::int64_t CaseClock::wall_seconds() const {
  return (client_clock(map_, CLOCK_REALTIME) + offset_us_.load() * 1000) / kNanosPerSecond;
}

Micros CaseClock::machine_time(Micros wait) const {
  if (wait >= Micros::max() / 2000) return wait;  // for ever
  return Micros((map_.shorten(wait.count() * 1000) + 999) / 1000);
}

Micros CaseClock::case_time(Micros machine) const {
  return Micros(map_.stretch(machine.count() * 1000) / 1000);
}

}  // namespace assay::casetime
