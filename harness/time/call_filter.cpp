#include "harness/time/call_filter.h"

#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <cstddef>
#include <cstdint>

#include "harness/time/clock_map.h"
#include "harness/time/numbers.h"
#include "harness/time/stub.h"

namespace assay::casetime {
namespace {

enum class Test {
  always,
  pointer,      // the argument is not null
  finite,       // the argument is a time-out in milliseconds, neither 0 nor -1
  futex_wait,   // ... an operation of futex(2) that waits
  real_timer,   // ... ITIMER_REAL
  socket_time,  // SO_RCVTIMEO or SO_SNDTIMEO
  untraced,     // flags with CLONE_UNTRACED
  undumpable,   // PR_SET_DUMPABLE with 0
  real_clock    // a clock that is mapped, and the call is not the stub's
};

struct Stop {
  std::uint32_t call;
  Test test;
  std::uint32_t argument = 0;
};

constexpr Stop kStops[] = {
    {SYS_clock_gettime, Test::real_clock},
    {SYS_gettimeofday, Test::always},
    {SYS_time, Test::always},
    {SYS_futex, Test::futex_wait},
    {SYS_epoll_wait, Test::finite, 3},
    {SYS_epoll_pwait, Test::finite, 3},
    {SYS_epoll_pwait2, Test::pointer, 3},
    {SYS_poll, Test::finite, 2},
    {SYS_ppoll, Test::pointer, 2},
    {SYS_select, Test::pointer, 4},
    {SYS_pselect6, Test::pointer, 4},
    {SYS_nanosleep, Test::always},
    {SYS_clock_nanosleep, Test::always},
    {SYS_restart_syscall, Test::always},
    {SYS_rt_sigtimedwait, Test::pointer, 2},
    {SYS_semtimedop, Test::pointer, 3},
    {SYS_recvmmsg, Test::pointer, 4},
    {SYS_mq_timedsend, Test::pointer, 4},
    {SYS_mq_timedreceive, Test::pointer, 4},
    {SYS_io_getevents, Test::pointer, 4},
    {SYS_io_pgetevents, Test::pointer, 4},
    {kFutexWaitv, Test::pointer, 3},
    {kFutexWait, Test::pointer, 4},
    {SYS_timerfd_settime, Test::always},
    {SYS_timerfd_gettime, Test::always},
    {SYS_timer_create, Test::always},
    {SYS_timer_settime, Test::always},
    {SYS_timer_gettime, Test::always},
    {SYS_setitimer, Test::real_timer},
    {SYS_getitimer, Test::real_timer},
    {SYS_alarm, Test::always},
    {SYS_setsockopt, Test::socket_time},
    {SYS_getsockopt, Test::socket_time},
    {SYS_prctl, Test::undumpable},
    {SYS_ptrace, Test::always},
    {SYS_io_uring_setup, Test::always},
    {SYS_clone, Test::untraced, 0},
    {SYS_clone3, Test::always},
};

// Writes a program of rules, each of which is tried in turn.
class Writer {
 public:
  void rule(const Stop& stop) {
    load(offsetof(seccomp_data, nr));
    unless_equal(stop.call);
    condition(stop);
    add(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    for (const std::size_t at : misses_) {
      const auto distance = static_cast<std::uint8_t>(code_.size() - at - 1);
      (code_[at].jt == kMiss ? code_[at].jt : code_[at].jf) = distance;
    }
    misses_.clear();
  }

  void of_x86_64_only() {
    load(offsetof(seccomp_data, arch));
    jump(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0);
    allow();
  }

  void allow() { add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW); }
  std::vector<sock_filter> take() { return std::move(code_); }

 private:
  static constexpr std::uint8_t kMiss = 0xff;  // a jump to the next rule, filled in at its end

  void condition(const Stop& stop) {
    const std::uint32_t a = stop.argument;
    switch (stop.test) {
      case Test::always:
        return;
      case Test::pointer:
        load_low(a);
        jump(BPF_JEQ, 0, 0, 2);
        load_high(a);
        return unless_not_equal(0);
      case Test::finite:
        load_low(a);
        unless_not_equal(0);
        return unless_not_equal(static_cast<std::uint32_t>(-1));
      case Test::futex_wait:
        load_low(3);
        jump(BPF_JEQ, 0, 0, 2);
        load_high(3);
        unless_not_equal(0);
        load_low(1);
        add(BPF_ALU | BPF_AND | BPF_K, static_cast<std::uint32_t>(FUTEX_CMD_MASK));
        return unless_one_of(
            {FUTEX_WAIT, FUTEX_WAIT_BITSET, FUTEX_LOCK_PI, FUTEX_WAIT_REQUEUE_PI, kFutexLockPi2});
      case Test::real_timer:
        load_low(0);
        return unless_equal(ITIMER_REAL);
      case Test::socket_time:
        load_low(1);
        unless_equal(SOL_SOCKET);
        load_low(2);
        return unless_one_of({kReceiveTimeOld, kSendTimeOld, kReceiveTimeNew, kSendTimeNew});
      case Test::untraced:
        load_low(a);
        jump(BPF_JSET, CLONE_UNTRACED, 0, kMiss);
        return;
      case Test::undumpable:
        load_low(0);
        unless_equal(PR_SET_DUMPABLE);
        load_low(1);
        return unless_equal(0);
      case Test::real_clock: {
        load_low(5);
        jump(BPF_JEQ, static_cast<std::uint32_t>(kStubMark), 0, 2);
        load_high(5);
        unless_not_equal(static_cast<std::uint32_t>(kStubMark >> 32U));
        load_low(0);
        std::vector<std::uint32_t> clocks;
        for (std::uint32_t clock = 0; clock < kClocks; ++clock) {
          if (is_mapped(clock)) clocks.push_back(clock);
        }
        return unless_one_of(clocks);
      }
    }
  }

  void add(int code, std::uint32_t k) { code_.push_back({static_cast<std::uint16_t>(code), 0, 0, k}); }
  void jump(int how, std::uint32_t k, std::uint8_t yes, std::uint8_t no) {
    if (yes == kMiss || no == kMiss) misses_.push_back(code_.size());
    code_.push_back({static_cast<std::uint16_t>(BPF_JMP | how | BPF_K), yes, no, k});
  }
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
  void load_low(std::uint32_t argument) { load(offsetof(seccomp_data, args) + std::size_t{8} * argument); }
  void load_high(std::uint32_t argument) {
    load(offsetof(seccomp_data, args) + std::size_t{8} * argument + 4);
  }
  void unless_equal(std::uint32_t k) { jump(BPF_JEQ, k, 0, kMiss); }
  void unless_not_equal(std::uint32_t k) { jump(BPF_JEQ, k, kMiss, 0); }
  void unless_one_of(const std::vector<std::uint32_t>& values) {
    auto left = static_cast<std::uint8_t>(values.size());
    for (const std::uint32_t value : values) {
      --left;
      jump(BPF_JEQ, value, left, left == 0 ? kMiss : 0);
    }
  }

  std::vector<sock_filter> code_;
  std::vector<std::size_t> misses_;  // of this rule
};

}  // namespace

std::vector<sock_filter> call_filter() {
  Writer writer;
  writer.of_x86_64_only();
  for (const Stop& stop : kStops) writer.rule(stop);
  writer.allow();
  return writer.take();
}

}  // namespace assay::casetime
