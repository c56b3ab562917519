#include "harness/time/case_clock.h"

#include <gtest/gtest.h>

namespace assay::casetime {
namespace {

TEST(CaseClock, RunsAsTheClientsDo) {
  const ClockMap map = ClockMap::begin(*parse_rate("x1000"));
  CaseClock clock(map);
  const auto client = [&](clockid_t id) { return map.to_client(id, read_clock(id)); };
  const auto start = client(CLOCK_MONOTONIC);
  const Micros first = clock.now();
  while (client(CLOCK_MONOTONIC) - start < 5 * kNanosPerSecond) {  // 5 ms of the machine's
  }
  EXPECT_GE(clock.now() - first, std::chrono::milliseconds(4900));
  const auto wall = client(CLOCK_REALTIME) / kNanosPerSecond;
  const auto read = clock.wall_seconds();
  EXPECT_GE(read, wall);
  EXPECT_LE(read, client(CLOCK_REALTIME) / kNanosPerSecond);
  clock.advance(std::chrono::hours(24));
  EXPECT_GE(clock.wall_seconds(), read + 86400);
}

TEST(CaseClock, WaitsOfItsTimeAreShorterByTheMachines) {
  const CaseClock fast(ClockMap::begin(*parse_rate("x20")));
  EXPECT_EQ(fast.machine_time(std::chrono::seconds(60)), std::chrono::seconds(3));
  EXPECT_EQ(fast.case_time(std::chrono::seconds(3)), std::chrono::seconds(60));
  EXPECT_EQ(fast.machine_time(Micros(1)), Micros(1));
  EXPECT_EQ(fast.machine_time(Micros(0)), Micros(0));
  EXPECT_EQ(fast.machine_time(Micros::max()), Micros::max());
  const CaseClock natural(ClockMap::begin(Rate{}));
  EXPECT_EQ(natural.machine_time(std::chrono::seconds(60)), std::chrono::seconds(60));
  EXPECT_EQ(SystemClock().machine_time(std::chrono::seconds(60)), std::chrono::seconds(60));
}

}  // namespace
}  // namespace assay::casetime
