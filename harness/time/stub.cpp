#include "harness/time/stub.h"

#include <sys/syscall.h>
#include <sys/time.h>

#include <ctime>

#define ASSAY_STUB extern "C" __attribute__((section("assay_time_stub"), used, noinline))

namespace {

using assay::casetime::is_mapped;
using assay::casetime::kNanosPerSecond;
using assay::casetime::kStubMark;
using assay::casetime::kStubPage;
using assay::casetime::StubTable;

__extension__ using Wide = unsigned __int128;

// The page that the code has been copied to begins with the table.
[[gnu::always_inline]] inline const StubTable* table() {
  std::uint64_t here = 0;
  asm("lea (%%rip), %0" : "=r"(here));
  return reinterpret_cast<const StubTable*>(here & ~static_cast<std::uint64_t>(kStubPage - 1));
}

[[gnu::always_inline]] inline long read_kernel_clock(long clock, timespec* out) {
  long result = SYS_clock_gettime;
  register std::uint64_t mark asm("r9") = kStubMark;
  // The mark must not stay in r9: the next call that the program makes itself would pass as ours.
  asm volatile("syscall\n\txor %%r9d, %%r9d"
               : "+a"(result), "+r"(mark)
               : "D"(clock), "S"(out)
               : "rcx", "r11", "memory");
  return result;
}

[[gnu::always_inline]] inline long read_client_clock(int clock, timespec* out) {
  const long result = read_kernel_clock(clock, out);
  const auto index = static_cast<std::uint64_t>(static_cast<std::int64_t>(clock));
  if (result != 0 || !is_mapped(index)) return result;
  const StubTable* map = table();
  const std::int64_t base = map->base[index];
  const std::int64_t passed = out->tv_sec * kNanosPerSecond + out->tv_nsec - base;
  if (passed <= 0) return 0;
  const auto client = base + static_cast<std::int64_t>((static_cast<Wide>(passed) * map->per_1024) >> 10U);
  out->tv_sec = client / kNanosPerSecond;
  out->tv_nsec = client % kNanosPerSecond;
  return 0;
}

}  // namespace

ASSAY_STUB long assay_stub_clock_gettime(int clock, timespec* out) {
  return read_client_clock(clock, out);
}

ASSAY_STUB long assay_stub_gettimeofday(timeval* out, void* zone) {
  if (zone != nullptr) static_cast<int*>(zone)[0] = static_cast<int*>(zone)[1] = 0;
  if (out == nullptr) return 0;
  timespec now;
  read_client_clock(CLOCK_REALTIME, &now);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return 0;
}

ASSAY_STUB long assay_stub_time(time_t* out) {
  timespec now;
  read_client_clock(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

// The linker sets these to the borders of the section.
extern "C" const char __start_assay_time_stub[];  // NOLINT(bugprone-reserved-identifier)
extern "C" const char __stop_assay_time_stub[];   // NOLINT(bugprone-reserved-identifier)

namespace assay::casetime {

std::string_view stub_code() {
  return {__start_assay_time_stub,
          static_cast<std::size_t>(__stop_assay_time_stub - __start_assay_time_stub)};
}

std::int64_t stub_offset(std::string_view vdso_symbol) {
  if (vdso_symbol.starts_with("__vdso_")) vdso_symbol.remove_prefix(7);
  const auto offset = [](auto* function) {
    return static_cast<std::int64_t>(reinterpret_cast<const char*>(function) - __start_assay_time_stub);
  };
  if (vdso_symbol == "clock_gettime") return offset(&assay_stub_clock_gettime);
  if (vdso_symbol == "gettimeofday") return offset(&assay_stub_gettimeofday);
  if (vdso_symbol == "time") return offset(&assay_stub_time);
  return -1;
}

}  // namespace assay::casetime
