#include "harness/base/time.h"

#include <array>
#include <charconv>

namespace assay {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t micros;
};

// Longest first, so that formatting picks the shortest exact form; "us" and "ms" before "s" for parsing by
// full match.
constexpr std::array<Unit, 6> kUnits = {{{"d", 86'400'000'000},
                                         {"h", 3'600'000'000},
                                         {"m", 60'000'000},
                                         {"s", 1'000'000},
                                         {"ms", 1'000},
                                         {"us", 1}}};

}  // namespace

Result<Micros> parse_duration(std::string_view text) {
  auto wrong = [&] {
    return fail("expected a duration such as 300ms, 5s or 30d, found \"" + std::string(text) + "\"");
  };
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return wrong();
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit.empty()) {
    if (number == 0) return Micros(0);
    return wrong();
  }
  for (const Unit& u : kUnits) {
    if (u.name != unit) continue;
    if (number > INT64_MAX / u.micros) return wrong();
    return Micros(number * u.micros);
  }
  return wrong();
}

std::string format_duration(Micros d) {
  const std::int64_t us = d.count();
  if (us == 0) return "0";
  for (const Unit& u : kUnits) {
    if (us % u.micros == 0) return std::to_string(us / u.micros) + std::string(u.name);
  }
  return std::to_string(us) + "us";
}

SystemClock::SystemClock() : start_(std::chrono::steady_clock::now()) {}

Micros SystemClock::now() const {
  return std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now() - start_);
}

std::int64_t SystemClock::wall_seconds() const {
  const auto wall = std::chrono::system_clock::now().time_since_epoch() + Micros(offset_us_.load());
  return std::chrono::duration_cast<std::chrono::seconds>(wall).count();
}

void SystemClock::advance(Micros by) {
  offset_us_ += by.count();
}

}  // namespace assay
