// The code that takes the place of the vDSO's clock functions in a compressed program.
//
// stub.cpp is compiled into a section of its own. The tracer copies that section to kStubCode bytes after the
// beginning of a page of the program, with a StubTable at the page's beginning. It is never called here: it
// refers to nothing outside of its page, and must not be instrumented by sanitizers or profilers.
#pragma once

#include <cstdint>
#include <string_view>

#include "harness/time/clock_map.h"

namespace assay::casetime {

struct StubTable {
  std::uint64_t per_1024 = 0;
  std::int64_t base[kClocks] = {};
};
constexpr std::size_t kStubPage = 4096;
constexpr std::size_t kStubCode = 256;
static_assert(sizeof(StubTable) <= kStubCode);

// The sixth argument (clock_gettime has two) of the stub's own system call: the filter lets it through.
constexpr std::uint64_t kStubMark = 0x6173736179'74696dULL;

// The section as it lies in this program.
std::string_view stub_code();

// Where in stub_code() the replacement of a function of the vDSO begins: "__vdso_clock_gettime",
// "clock_gettime", … Negative for those that carry no time.
std::int64_t stub_offset(std::string_view vdso_symbol);

}  // namespace assay::casetime
