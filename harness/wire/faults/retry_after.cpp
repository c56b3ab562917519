#include <fmt/format.h>
#include <array>
#include <chrono>

#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/params.h"

namespace assay::wire::faults {
namespace {
// IMF-fixdate (RFC 9110 section 5.6.7).
std::string http_date(std::int64_t seconds) {
  constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     kDays.at(std::chrono::weekday(day).c_encoding()), static_cast<unsigned>(date.day()),
                     kMonths.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

Result<Response> apply_retry_after(Response response, const nlohmann::json& params, FaultContext& context) {
  Params p(params, params.is_string() ? "text" : "seconds");
  const auto seconds = p.integer("seconds");
  const auto text = p.text("text");
  // Durations are not negative; a date in the past is asked for with a leading minus.
  auto date_in = p.text("date_in");
  const auto ms = p.integer("ms");
  std::int64_t offset = 0;
  if (date_in) {
    const bool past = date_in->starts_with('-');
    const auto time = parse_duration(past ? date_in->substr(1) : *date_in);
    constexpr auto kMost = std::chrono::days(36500);
    if (!time || *time > kMost)
      p.wrong("date_in: expected a duration such as \"3s\" or \"-3s\", found " + *date_in);
    // Rounded up: a date has whole seconds.
    if (time && *time <= kMost)
      offset = std::chrono::ceil<std::chrono::seconds>(*time).count() * (past ? -1 : 1);
  }
  if ((seconds ? 1 : 0) + (text ? 1 : 0) + (date_in ? 1 : 0) > 1)
    p.wrong("expected one of seconds, text, date_in");
  if (!seconds && !text && !date_in && !ms) p.wrong("expected seconds, text, date_in or ms");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  if (date_in && context.wall_seconds == 0) return fail("date_in: the time is not known here");
  if (ms) set_header(response.headers, "retry-after-ms", std::to_string(*ms));
  if (seconds) set_header(response.headers, "Retry-After", std::to_string(*seconds));
  if (text) set_header(response.headers, "Retry-After", *text);
  if (date_in) set_header(response.headers, "Retry-After", http_date(context.wall_seconds + offset));
  return response;
}

}  // namespace

Fault retry_after() {
  return {.name = "retry-after",
          .level = FaultLevel::exchange,
          .description = "Retry-After in seconds, as a date or as any text; retry-after-ms",
          .parameters =
              "seconds: N | text: TEXT | date_in: DURATION from now (RFC 9110 section 10.2.3); ms: N "
              "(retry-after-ms)",
          .example = "3",
          .on_exchange = apply_retry_after};
}

}  // namespace assay::wire::faults
