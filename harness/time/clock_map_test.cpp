#include "harness/time/clock_map.h"

#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/time.h>

#include <cstring>
#include <limits>

#include "harness/time/stub.h"

namespace assay::casetime {
namespace {

TEST(Rate, IsReadAndWritten) {
  EXPECT_EQ(parse_rate("x20")->per_1024, 20480U);
  EXPECT_EQ(parse_rate("x2.5")->factor(), 2.5);
  EXPECT_TRUE(parse_rate("x1")->natural());
  for (const char* text : {"x1", "x2.5", "x20", "x1000"}) EXPECT_EQ(to_string(*parse_rate(text)), text);
  for (const char* bad : {"", "20", "x", "x0", "x0.5", "x1001", "x20s", "x-3", "X20", "xnan", "x 20"}) {
    const auto rate = parse_rate(bad);
    ASSERT_FALSE(rate) << bad;
    EXPECT_EQ(rate.error().message, std::string("expected a rate from x1 to x1000, found ") + bad);
  }
}

TEST(Rate, GoesDownToItsOwn) {
  EXPECT_EQ(to_string(lower(*parse_rate("x20"))), "x10");
  EXPECT_EQ(to_string(lower(*parse_rate("x5"))), "x2.5");
  EXPECT_EQ(to_string(lower(*parse_rate("x3"))), "x1");
  EXPECT_EQ(to_string(lower(Rate{})), "x1");
}

ClockMap example(double rate) {
  ClockMap map{Rate{static_cast<std::uint32_t>(rate * 1024)}, {}};
  map.base[CLOCK_REALTIME] = 1'790'000'000'000'000'000;
  map.base[CLOCK_MONOTONIC] = 5'000'000'000;
  return map;
}

TEST(ClockMap, RunsFasterFromItsBeginning) {
  const ClockMap map = example(20);
  EXPECT_EQ(map.to_client(CLOCK_MONOTONIC, 4'000'000'000), 4'000'000'000);
  EXPECT_EQ(map.to_client(CLOCK_MONOTONIC, 6'000'000'000), 25'000'000'000);
  EXPECT_EQ(map.to_client(CLOCK_REALTIME, 1'790'000'001'000'000'000), 1'790'000'020'000'000'000);
  EXPECT_EQ(map.to_client(CLOCK_PROCESS_CPUTIME_ID, 77), 77);
  EXPECT_EQ(map.to_client(-6, 77), 77);
  EXPECT_EQ(map.to_client(100, 77), 77);
}

TEST(ClockMap, APointInTimeIsNeverReachedTooEarly) {
  for (const double rate : {1.0, 2.5, 3.3, 7.0, 20.0, 999.0}) {
    const ClockMap map = example(rate);
    for (std::int64_t client = 5'000'000'000; client < 5'000'003'000; ++client) {
      const std::int64_t real = map.to_real(CLOCK_MONOTONIC, client);
      ASSERT_GE(map.to_client(CLOCK_MONOTONIC, real), client);
      ASSERT_LE(real, client);
      ASSERT_TRUE(real == 5'000'000'000 || map.to_client(CLOCK_MONOTONIC, real - 1) < client);
    }
  }
}

TEST(ClockMap, WaitsAreShorterAndNeverZero) {
  const ClockMap map = example(20);
  EXPECT_EQ(map.shorten(2'000'000'000), 100'000'000);
  EXPECT_EQ(map.shorten(1), 1);
  EXPECT_EQ(map.shorten(0), 0);
  EXPECT_EQ(map.shorten(-5), -5);
  EXPECT_EQ(map.stretch(100'000'000), 2'000'000'000);
  EXPECT_EQ(map.stretch(0), 0);
}

TEST(ClockMap, TheFarFutureStaysThere) {
  const ClockMap map = example(20);
  constexpr auto kNever = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(map.to_real(CLOCK_MONOTONIC, kNever), kNever);
  EXPECT_EQ(map.shorten(kNever), kNever);
  EXPECT_GT(map.to_client(CLOCK_MONOTONIC, kNever / 4), kNever / 4);
}

TEST(ClockMap, GoesThroughItsText) {
  const ClockMap map = ClockMap::begin(*parse_rate("x20"));
  EXPECT_EQ(parse_clock_map(to_text(map)), map);
  for (const char* bad :
       {"", "20480", "20480,1,2", "20480,0,0,0,0,0,0,0,0,0,0,0,x", "1,0,0,0,0,0,0,0,0,0,0,0,0"}) {
    EXPECT_FALSE(parse_clock_map(bad)) << bad;
  }
}

TEST(ClockMap, CoarseClocksAgreeWithTheFineOnes) {
  const ClockMap map = ClockMap::begin(*parse_rate("x1000"));
  EXPECT_EQ(map.base[CLOCK_REALTIME], map.base[CLOCK_REALTIME_COARSE]);
  EXPECT_EQ(map.base[CLOCK_MONOTONIC], map.base[CLOCK_MONOTONIC_COARSE]);
}

// The stub, where a program has it: on a page of its own, called as the vDSO is.
TEST(Stub, ReadsTheClientsClocks) {
  ClockMap map = ClockMap::begin(*parse_rate("x20"));
  for (auto& base : map.base) base -= kNanosPerSecond;  // it runs for a second already
  void* page =
      ::mmap(nullptr, kStubPage, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(page, MAP_FAILED);
  auto* bytes = static_cast<char*>(page);
  ASSERT_LE(stub_code().size(), kStubPage - kStubCode);
  std::memcpy(bytes + kStubCode, stub_code().data(), stub_code().size());
  StubTable table{map.rate.per_1024, {}};
  std::copy(map.base.begin(), map.base.end(), table.base);
  std::memcpy(bytes, &table, sizeof table);
  const auto function = [&](const char* name) { return bytes + kStubCode + stub_offset(name); };

  const auto clock_gettime = reinterpret_cast<long (*)(int, timespec*)>(function("__vdso_clock_gettime"));
  for (const int clock : {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_MONOTONIC_RAW, CLOCK_TAI}) {
    timespec now{};
    const auto before = map.to_client(clock, read_clock(clock));
    ASSERT_EQ(clock_gettime(clock, &now), 0);
    const auto after = map.to_client(clock, read_clock(clock));
    const auto read = now.tv_sec * kNanosPerSecond + now.tv_nsec;
    EXPECT_GE(read, before) << clock;
    EXPECT_LE(read, after) << clock;
  }
  timespec now{};
  EXPECT_EQ(clock_gettime(99, &now), -EINVAL);
  const auto cpu = read_clock(CLOCK_THREAD_CPUTIME_ID);
  ASSERT_EQ(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now), 0);
  EXPECT_GE(now.tv_sec * kNanosPerSecond + now.tv_nsec, cpu);
  EXPECT_LE(now.tv_sec * kNanosPerSecond + now.tv_nsec, read_clock(CLOCK_THREAD_CPUTIME_ID));

  const auto client_seconds = [&] {
    return map.to_client(CLOCK_REALTIME, read_clock(CLOCK_REALTIME)) / kNanosPerSecond;
  };
  timeval of_day{};
  const auto first = client_seconds();
  ASSERT_EQ(reinterpret_cast<long (*)(timeval*, void*)>(function("gettimeofday"))(&of_day, nullptr), 0);
  time_t given = 0;
  const auto returned = reinterpret_cast<long (*)(time_t*)>(function("__vdso_time"))(&given);
  const auto last = client_seconds();
  EXPECT_THAT((std::vector<std::int64_t>{of_day.tv_sec, returned, given}),
              testing::Each(testing::AllOf(testing::Ge(first), testing::Le(last))));
  EXPECT_EQ(returned, given);
  EXPECT_LT(stub_offset("__vdso_getcpu"), 0);
  ::munmap(page, kStubPage);
}

}  // namespace
}  // namespace assay::casetime
