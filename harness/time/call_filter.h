// The seccomp filter of a compressed program: which system calls stop for the tracer.
//
// Only calls that carry a time and those that would lead out of the tracer's reach stop. Time-outs of zero
// and "for ever", wake-ups of futexes and CPU clocks pass, so that programs that work or idle are hardly
// stopped. Calls of other architectures (32-bit programs) pass: the tracer sees such programs when they are
// executed.
//
// Written by hand: libseccomp cannot express "neither 0 nor -1" of one argument, nor compare 32 of its bits.
#pragma once

#include <linux/filter.h>

#include <vector>

namespace assay::casetime {

// For PR_SET_SECCOMP. Constant.
std::vector<sock_filter> call_filter();

}  // namespace assay::casetime
