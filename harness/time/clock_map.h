// ClockMap: how the clocks of a compressed client follow the machine's.
//
// From its beginning on, every clock of the client that measures real time runs `rate` times as fast as the
// machine's clock of that name. All processes of a client, and the harness that plays a world for it, use one
// map: so they agree on the time. CPU clocks are left alone.
//
// Values; all functions are pure but begin(). Times are nanoseconds of the clock that is named.
#pragma once

#include <array>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "harness/base/result.h"
#include "harness/base/time.h"

namespace assay::casetime {

// How many seconds of the client pass in a second of the machine, in steps of 1/1024.
struct Rate {
  std::uint32_t per_1024 = 1024;

  double factor() const { return per_1024 / 1024.0; }
  bool natural() const { return per_1024 == 1024; }
  friend constexpr bool operator==(Rate a, Rate b) { return a.per_1024 == b.per_1024; }
  friend constexpr auto operator<=>(Rate a, Rate b) { return a.per_1024 <=> b.per_1024; }
};
constexpr std::uint32_t kFastest = 1000;
// Reads "x20" or "x2.5": from x1 to x1000. Says what was expected.
Result<Rate> parse_rate(std::string_view text);
std::string to_string(Rate rate);
// The rate for a second try: half of it, x1 when that is under x2.
Rate lower(Rate rate);

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::size_t kClocks = 12;
// CLOCK_REALTIME, MONOTONIC, MONOTONIC_RAW, both COARSE, BOOTTIME, TAI.
constexpr bool is_mapped(std::uint64_t clock) {
  return clock < kClocks && ((0x8f3U >> clock) & 1U) != 0;
}

struct ClockMap {
  Rate rate;
  std::array<std::int64_t, kClocks> base{};  // when each began to run faster

  // The map of a client that is started now.
  static ClockMap begin(Rate rate);

  // What the client reads when the machine's clock shows `real`.
  std::int64_t to_client(clockid_t clock, std::int64_t real) const;
  // When the client's clock shows at least `client`: an absolute time-out of the client, for the kernel. The
  // far future stays there.
  std::int64_t to_real(clockid_t clock, std::int64_t client) const;
  // A wait of the client, for the kernel: never too short.
  std::int64_t shorten(std::int64_t wait) const;
  // The other way round: what is left of a wait, for the client.
  std::int64_t stretch(std::int64_t real) const;

  bool operator==(const ClockMap&) const = default;
};

// For the command line of the tracer: numbers with commas between them.
std::string to_text(const ClockMap& map);
Result<ClockMap> parse_clock_map(std::string_view text);

// What a clock of this machine shows.
std::int64_t read_clock(clockid_t clock);

}  // namespace assay::casetime
