#include "harness/time/clock_map.h"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "harness/base/text.h"

namespace assay::casetime {
namespace {

// Over this a time means "never": 146 years. No product of a rate overflows below it.
constexpr std::int64_t kFar = std::numeric_limits<std::int64_t>::max() / 2;

__extension__ using Wide = __int128;

std::int64_t times(std::int64_t value, Rate rate) {
  const Wide product = (static_cast<Wide>(value) * rate.per_1024) >> 10U;
  return product > kFar ? kFar : static_cast<std::int64_t>(product);
}

std::int64_t divided(std::int64_t value, Rate rate) {
  const Wide scaled = static_cast<Wide>(value) << 10U;
  return static_cast<std::int64_t>((scaled + rate.per_1024 - 1) / rate.per_1024);
}

}  // namespace

Result<Rate> parse_rate(std::string_view text) {
  const auto wrong = [&] {
    return fail(fmt::format("expected a rate from x1 to x{}, found {}", kFastest, text));
  };
  if (!text.starts_with('x')) return wrong();
  double factor = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data() + 1, end, factor, std::chars_format::fixed);
  if (error != std::errc() || stopped != end || !(factor >= 1 && factor <= kFastest)) return wrong();
  return Rate{static_cast<std::uint32_t>(std::lround(factor * 1024))};
}

std::string to_string(Rate rate) {
  return fmt::format("x{:.4g}", rate.factor());
}

Rate lower(Rate rate) {
  return rate.per_1024 < 4096 ? Rate{} : Rate{rate.per_1024 / 2};
}

ClockMap ClockMap::begin(Rate rate) {
  ClockMap map{rate, {}};
  for (std::size_t clock = 0; clock < kClocks; ++clock) {
    if (is_mapped(clock)) map.base[clock] = read_clock(static_cast<clockid_t>(clock));
  }
  // A coarse clock is a tick behind the fine one; both must go on agreeing.
  map.base[CLOCK_REALTIME_COARSE] = map.base[CLOCK_REALTIME];
  map.base[CLOCK_MONOTONIC_COARSE] = map.base[CLOCK_MONOTONIC];
  return map;
}

std::int64_t ClockMap::to_client(clockid_t clock, std::int64_t real) const {
  if (!is_mapped(static_cast<std::uint64_t>(clock))) return real;
  const std::int64_t begin = base[static_cast<std::size_t>(clock)];
  return real <= begin ? real : begin + times(real - begin, rate);
}

std::int64_t ClockMap::to_real(clockid_t clock, std::int64_t client) const {
  if (!is_mapped(static_cast<std::uint64_t>(clock)) || client >= kFar) return client;
  const std::int64_t begin = base[static_cast<std::size_t>(clock)];
  return client <= begin ? client : begin + divided(client - begin, rate);
}

std::int64_t ClockMap::shorten(std::int64_t wait) const {
  return wait <= 0 || wait >= kFar ? wait : divided(wait, rate);
}

std::int64_t ClockMap::stretch(std::int64_t real) const {
  return real <= 0 || real >= kFar ? real : times(real, rate);
}

std::string to_text(const ClockMap& map) {
  std::string out = std::to_string(map.rate.per_1024);
  for (const std::int64_t base : map.base) out += fmt::format(",{}", base);
  return out;
}

Result<ClockMap> parse_clock_map(std::string_view text) {
  const auto parts = split(text, ',');
  const auto wrong = [&] {
    return fail(fmt::format("expected a clock map of {} numbers, found {}", kClocks + 1, text));
  };
  if (parts.size() != kClocks + 1) return wrong();
  ClockMap map;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::int64_t value = 0;
    const char* end = parts[i].data() + parts[i].size();
    const auto [stopped, error] = std::from_chars(parts[i].data(), end, value);
    if (error != std::errc() || stopped != end || value < 0) return wrong();
    if (i > 0) {
      map.base[i - 1] = value;
    } else if (value >= 1024 && value <= std::int64_t{kFastest} * 1024) {
      map.rate.per_1024 = static_cast<std::uint32_t>(value);
    } else {
      return wrong();
    }
  }
  return map;
}

std::int64_t read_clock(clockid_t clock) {
  timespec now{};
  // Not by the C library: a preloaded library of a case may have set its clocks off.
  ::syscall(SYS_clock_gettime, clock, &now);
  return now.tv_sec * kNanosPerSecond + now.tv_nsec;
}

}  // namespace assay::casetime
