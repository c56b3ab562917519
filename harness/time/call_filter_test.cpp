// The filter, interpreted here as the kernel does.
#include "harness/time/call_filter.h"

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <array>
#include <cstring>
#include <ctime>

#include "harness/time/stub.h"

namespace assay::casetime {
namespace {

constexpr std::uint64_t kPointer = 0x7ffe'0000'0000;  // its lower half is zero

std::uint32_t run_filter(const std::vector<sock_filter>& code, const seccomp_data& data) {
  std::uint32_t a = 0;
  for (std::size_t at = 0; at < code.size(); ++at) {
    const sock_filter& step = code[at];
    const auto jump = [&](bool yes) { at += yes ? step.jt : step.jf; };
    switch (step.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        std::memcpy(&a, reinterpret_cast<const char*>(&data) + step.k, sizeof a);
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        a &= step.k;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        jump(a == step.k);
        break;
      case BPF_JMP | BPF_JSET | BPF_K:
        jump((a & step.k) != 0);
        break;
      case BPF_RET | BPF_K:
        return step.k;
      default:
        ADD_FAILURE() << "unknown step " << step.code;
        return 0;
    }
  }
  ADD_FAILURE() << "the filter has no end";
  return 0;
}

struct Row {
  const char* what;
  int call;
  std::array<std::uint64_t, 6> arguments;
  bool stops;
  std::uint32_t architecture = AUDIT_ARCH_X86_64;
};

TEST(CallFilter, StopsWhatCarriesATimeAndNothingElse) {
  const auto code = call_filter();
  ASSERT_LE(code.size(), 4096U);
  constexpr auto kMinusOne = static_cast<std::uint64_t>(-1);
  const Row rows[] = {
      {"read", SYS_read, {0, kPointer, 1}, false},
      {"nanosleep", SYS_nanosleep, {kPointer}, true},
      {"32-bit call of the same number", SYS_nanosleep, {kPointer}, false, AUDIT_ARCH_I386},
      {"poll, 5 s", SYS_poll, {kPointer, 1, 5000}, true},
      {"poll, no wait", SYS_poll, {kPointer, 1, 0}, false},
      {"poll, for ever", SYS_poll, {kPointer, 1, kMinusOne}, false},
      {"poll, for ever, upper half unclean", SYS_poll, {kPointer, 1, 0xffffffff}, false},
      {"ppoll with a time", SYS_ppoll, {kPointer, 1, kPointer}, true},
      {"ppoll without", SYS_ppoll, {kPointer, 1, 0}, false},
      {"epoll_wait", SYS_epoll_wait, {3, kPointer, 1, 10}, true},
      {"epoll_wait, no wait", SYS_epoll_wait, {3, kPointer, 1, 0}, false},
      {"epoll_pwait2 without a time", SYS_epoll_pwait2, {3, kPointer, 1, 0}, false},
      {"futex wait", SYS_futex, {kPointer, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, kPointer}, true},
      {"futex wait without a time", SYS_futex, {kPointer, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, 0}, false},
      {"futex wait on a clock",
       SYS_futex,
       {kPointer, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, kPointer},
       true},
      {"futex lock", SYS_futex, {kPointer, FUTEX_LOCK_PI, 0, kPointer}, true},
      {"futex wake, a number in the fourth", SYS_futex, {kPointer, FUTEX_WAKE, 1, 7}, false},
      {"futex requeue, a number in the fourth", SYS_futex, {kPointer, FUTEX_CMP_REQUEUE, 1, 7}, false},
      {"monotonic clock", SYS_clock_gettime, {CLOCK_MONOTONIC, kPointer}, true},
      {"real clock", SYS_clock_gettime, {CLOCK_REALTIME, kPointer, 1, 2, 3, 4}, true},
      {"the stub's own", SYS_clock_gettime, {CLOCK_MONOTONIC, kPointer, 0, 0, 0, kStubMark}, false},
      {"half of the mark",
       SYS_clock_gettime,
       {CLOCK_MONOTONIC, kPointer, 0, 0, 0, kStubMark & 0xffffffff},
       true},
      {"CPU clock", SYS_clock_gettime, {CLOCK_PROCESS_CPUTIME_ID, kPointer}, false},
      {"another process's CPU clock", SYS_clock_gettime, {static_cast<std::uint64_t>(-6), kPointer}, false},
      {"real timer", SYS_setitimer, {ITIMER_REAL, kPointer}, true},
      {"CPU timer", SYS_setitimer, {ITIMER_PROF, kPointer}, false},
      {"receive time-out", SYS_setsockopt, {3, SOL_SOCKET, SO_RCVTIMEO, kPointer, 16}, true},
      {"send buffer", SYS_setsockopt, {3, SOL_SOCKET, SO_SNDBUF, kPointer, 4}, false},
      {"an option of that number elsewhere", SYS_setsockopt, {3, 6, SO_RCVTIMEO, kPointer, 16}, false},
      {"undumpable", SYS_prctl, {PR_SET_DUMPABLE, 0}, true},
      {"dumpable", SYS_prctl, {PR_SET_DUMPABLE, 1}, false},
      {"thread's name", SYS_prctl, {PR_SET_NAME, kPointer}, false},
      {"fork", SYS_clone, {SIGCHLD}, false},
      {"untraced fork", SYS_clone, {SIGCHLD | CLONE_UNTRACED}, true},
      {"io_uring", SYS_io_uring_setup, {8, kPointer}, true},
      {"io_uring with a ring of others", SYS_io_uring_enter, {3}, false},
  };
  for (const Row& row : rows) {
    seccomp_data data{row.call, row.architecture, 0, {}};
    std::copy(row.arguments.begin(), row.arguments.end(), data.args);
    const std::uint32_t expected = row.stops ? SECCOMP_RET_TRACE : SECCOMP_RET_ALLOW;
    EXPECT_EQ(run_filter(code, data), expected) << row.what;
  }
}

}  // namespace
}  // namespace assay::casetime
