#include "harness/time/call_change.h"

#include <algorithm>

namespace assay::casetime {
namespace {

constexpr std::int64_t kFarSeconds = 4'000'000'000;  // 127 years

bool same_call(const Registers& a, const Registers& b) {
  return a.rip == b.rip && a.rsp == b.rsp && a.orig_rax == b.orig_rax && a.rdi == b.rdi && a.rsi == b.rsi &&
         a.rdx == b.rdx;
}

// A timer or time-out that is set to a point in time does not say of which clock: those of REALTIME are
// decades since 1970, those of the others the machine's uptime.
clockid_t clock_of(std::int64_t point) {
  constexpr std::int64_t kFifteenYears = std::int64_t{15} * 365 * 86400 * kNanosPerSecond;
  return point > kFifteenYears ? CLOCK_REALTIME : CLOCK_MONOTONIC;
}

}  // namespace

std::optional<std::int64_t> nanoseconds(const timespec& time) {
  if (time.tv_sec < 0 || time.tv_sec > kFarSeconds || time.tv_nsec < 0 || time.tv_nsec >= kNanosPerSecond)
    return std::nullopt;
  return time.tv_sec * kNanosPerSecond + time.tv_nsec;
}

std::optional<std::int64_t> nanoseconds(const timeval& time) {
  if (time.tv_usec < 0 || time.tv_usec >= 1'000'000) return std::nullopt;
  return nanoseconds(timespec{time.tv_sec, time.tv_usec * 1000});
}

timespec to_timespec(std::int64_t nanoseconds) {
  return {nanoseconds / kNanosPerSecond, nanoseconds % kNanosPerSecond};
}

timeval to_timeval(std::int64_t nanoseconds) {
  const std::int64_t micros = (nanoseconds + 999) / 1000;
  return {micros / 1'000'000, micros % 1'000'000};
}

template <typename T>
bool CallChange::put(Register pointer, const T& value) {
  if (thread_.slot == 0 || !write_value(thread_.id, thread_.slot, value)) return false;
  registers.*pointer = thread_.slot;
  return true;
}

std::int64_t CallChange::shortened(std::int64_t wait) {
  const std::int64_t real = map_.shorten(wait);
  call.due = read_clock(CLOCK_MONOTONIC) + real;
  return real;
}

bool CallChange::relative(Register pointer) {
  const auto time = read_value<timespec>(thread_.id, registers.*pointer);
  const auto wait = time ? nanoseconds(*time) : std::nullopt;
  return wait && put(pointer, to_timespec(shortened(*wait)));
}

bool CallChange::absolute(Register pointer, clockid_t clock) {
  const auto time = read_value<timespec>(thread_.id, registers.*pointer);
  const auto until = time ? nanoseconds(*time) : std::nullopt;
  if (!until || !is_mapped(static_cast<std::uint64_t>(clock))) return false;
  const std::int64_t real = map_.to_real(clock, *until);
  const std::int64_t left = real - read_clock(clock);
  if (left > 0) call.due = read_clock(CLOCK_MONOTONIC) + left;
  return put(pointer, to_timespec(real));
}

bool CallChange::relative_timeval(Register pointer) {
  const auto time = read_value<timeval>(thread_.id, registers.*pointer);
  const auto wait = time ? nanoseconds(*time) : std::nullopt;
  return wait && put(pointer, to_timeval(shortened(*wait)));
}

bool CallChange::milliseconds(Register value, Register to) {
  const auto wait = static_cast<std::int32_t>(registers.*value);
  if (wait <= 0) return false;
  std::int64_t real = 0;
  if (thread_.broken && same_call(thread_.broken->at, registers)) {
    call.due = thread_.broken->due;
    real = std::max<std::int64_t>(call.due - read_clock(CLOCK_MONOTONIC), 0);
  } else {
    real = shortened(std::int64_t{wait} * 1'000'000);
  }
  return put(to, to_timespec(real));
}

bool CallChange::itimerspec(Register pointer, bool absolute) {
  auto time = read_value<::itimerspec>(thread_.id, registers.*pointer);
  if (!time) return false;
  const auto value = nanoseconds(time->it_value);
  const auto interval = nanoseconds(time->it_interval);
  if (!value || !interval) return false;
  time->it_value = to_timespec(absolute ? map_.to_real(clock_of(*value), *value) : map_.shorten(*value));
  time->it_interval = to_timespec(map_.shorten(*interval));
  return put(pointer, *time);
}

bool CallChange::itimerval(Register pointer) {
  auto time = read_value<::itimerval>(thread_.id, registers.*pointer);
  if (!time) return false;
  const auto value = nanoseconds(time->it_value);
  const auto interval = nanoseconds(time->it_interval);
  if (!value || !interval) return false;
  time->it_value = to_timeval(map_.shorten(*value));
  time->it_interval = to_timeval(map_.shorten(*interval));
  return put(pointer, *time);
}

}  // namespace assay::casetime
