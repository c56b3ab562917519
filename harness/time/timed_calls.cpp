#include "harness/time/timed_calls.h"

#include <linux/futex.h>
#include <linux/sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>

#include "harness/time/call_change.h"
#include "harness/time/image.h"
#include "harness/time/numbers.h"

namespace assay::casetime {
namespace {

// What the kernel returns inside when a signal breaks a call, before it knows whether a handler runs.
constexpr std::int64_t kRestartNoHandler = -514, kRestartBlock = -516;

std::int64_t result_of(const Registers& registers) {
  return static_cast<std::int64_t>(registers.rax);
}

bool interrupted(std::int64_t result) {
  return result == -EINTR || result == kRestartBlock || result == kRestartNoHandler;
}

void answer(const TracedThread& thread, Registers registers, std::int64_t result) {
  registers.orig_rax = static_cast<unsigned long long>(-1);  // no call
  registers.rax = static_cast<unsigned long long>(result);
  write_registers(thread.id, registers);
}

// Whether this result means that the wait ended by its time-out.
bool timed_out(std::uint64_t call, std::int64_t result) {
  switch (call) {
    case SYS_futex:
    case kFutexWait:
    case kFutexWaitv:
    case SYS_mq_timedsend:
    case SYS_mq_timedreceive:
      return result == -ETIMEDOUT;
    case SYS_rt_sigtimedwait:
    case SYS_semtimedop:
      return result == -EAGAIN;
    default:
      return result == 0;
  }
}

bool change_futex(CallChange& change) {
  const auto operation = static_cast<std::uint32_t>(change.registers.rsi);
  const auto command = operation & static_cast<std::uint32_t>(FUTEX_CMD_MASK);
  if (command == FUTEX_WAIT) return change.relative(&Registers::r10);
  const bool real = command == FUTEX_LOCK_PI || (operation & FUTEX_CLOCK_REALTIME) != 0;
  return change.absolute(&Registers::r10, real ? CLOCK_REALTIME : CLOCK_MONOTONIC);
}

// A sleep gives back what is left of it, and only when it is interrupted.
bool change_sleep(CallChange& change, bool changed, Address left_to) {
  if (!changed) return false;
  change.call.left_if_interrupted = true;
  if (left_to != 0) change.translate(Unit::timespec, left_to);
  return true;
}

bool change_to_ppoll(CallChange& change) {
  if (!change.milliseconds(&Registers::rdx, &Registers::rdx)) return false;
  change.registers.orig_rax = SYS_ppoll;
  change.registers.r10 = 0;  // no signal mask
  return true;
}

bool change_to_epoll_pwait2(CallChange& change, bool with_mask) {
  if (!change.milliseconds(&Registers::r10, &Registers::r10)) return false;
  if (!with_mask) change.registers.r8 = 0;
  change.registers.r9 = 8;  // bytes of the mask
  change.registers.orig_rax = SYS_epoll_pwait2;
  return true;
}

// alarm(2) has whole seconds only.
bool change_alarm(CallChange& change, const TracedThread& thread, const ClockMap& map) {
  const auto seconds = static_cast<std::uint32_t>(change.registers.rdi);
  const itimerval timer{{0, 0}, to_timeval(map.shorten(std::int64_t{seconds} * 1'000'000'000))};
  if (thread.slot == 0 || !write_value(thread.id, thread.slot, timer)) return false;
  change.registers.orig_rax = SYS_setitimer;
  change.registers.rdi = ITIMER_REAL;
  change.registers.rsi = thread.slot;
  change.registers.rdx = thread.slot + sizeof timer;
  return true;
}

// Nobody escapes the tracer: CLONE_UNTRACED is taken out.
bool change_clone3(CallChange& change, const TracedThread& thread) {
  const auto size = static_cast<std::size_t>(change.registers.rsi);
  auto flags = read_value<std::uint64_t>(thread.id, change.registers.rdi);
  if (!flags || (*flags & CLONE_UNTRACED) == 0 || size > kScratchSlotBytes || thread.slot == 0) return false;
  std::string arguments(size, '\0');
  if (size < sizeof *flags || !read_memory(thread.id, change.registers.rdi, arguments.data(), size))
    return false;
  *flags &= ~static_cast<std::uint64_t>(CLONE_UNTRACED);
  std::copy_n(reinterpret_cast<const char*>(&*flags), sizeof *flags, arguments.begin());
  if (!write_memory(thread.id, thread.slot, arguments.data(), size)) return false;
  change.registers.rdi = thread.slot;
  return true;
}

void stretch(const ClockMap& map, timespec& time) {
  if (const auto value = nanoseconds(time)) time = to_timespec(map.stretch(*value));
}
void stretch(const ClockMap& map, timeval& time) {
  if (const auto value = nanoseconds(time)) time = to_timeval(map.stretch(*value));
}
void stretch(const ClockMap& map, itimerspec& time) {
  stretch(map, time.it_value);
  stretch(map, time.it_interval);
}
void stretch(const ClockMap& map, itimerval& time) {
  stretch(map, time.it_value);
  stretch(map, time.it_interval);
}

template <typename T>
void translate(const ClockMap& map, pid_t thread, const ChangedCall& call) {
  auto time = read_value<T>(thread, call.left_from);
  if (!time) return;
  stretch(map, *time);
  write_value(thread, call.left_to, *time);
}

void translate(const ClockMap& map, pid_t thread, const ChangedCall& call) {
  switch (call.unit) {
    case Unit::none:
      return;
    case Unit::timespec:
      return translate<timespec>(map, thread, call);
    case Unit::timeval:
      return translate<timeval>(map, thread, call);
    case Unit::itimerspec:
      return translate<itimerspec>(map, thread, call);
    case Unit::itimerval:
      return translate<itimerval>(map, thread, call);
  }
}

}  // namespace

// A program that makes the system call itself, or whose vDSO is hidden.
void TimedCalls::read_the_clock(TracedThread& thread, Registers registers) {
  ledger_.add(Ledger::clock_reads);
  const bool named = registers.orig_rax == SYS_clock_gettime;
  const auto clock = named ? static_cast<clockid_t>(registers.rdi) : CLOCK_REALTIME;
  const timespec now = to_timespec(map_.to_client(clock, read_clock(clock)));
  bool written = true;
  std::int64_t result = 0;
  if (named) {
    written = write_value(thread.id, registers.rsi, now);
  } else if (registers.orig_rax == SYS_gettimeofday) {
    if (registers.rdi != 0)
      written = write_value(thread.id, registers.rdi, timeval{now.tv_sec, now.tv_nsec / 1000});
    if (registers.rsi != 0) written = write_value(thread.id, registers.rsi, std::array<int, 2>{}) && written;
  } else {
    if (registers.rdi != 0) written = write_value(thread.id, registers.rdi, now.tv_sec);
    result = now.tv_sec;
  }
  answer(thread, registers, written ? result : -EFAULT);
}

void TimedCalls::enter(TracedThread& thread) {
  const auto found = read_registers(thread.id);
  if (!found) return;
  ledger_.add(Ledger::stops);
  errno = 0;
  CallChange change(map_, thread, *found);
  const Registers& r = *found;
  bool changed = false;
  switch (r.orig_rax) {
    case SYS_clock_gettime:
    case SYS_gettimeofday:
    case SYS_time:
      return read_the_clock(thread, r);

    case SYS_nanosleep:
      changed = change_sleep(change, change.relative(&Registers::rdi), r.rsi);
      break;
    case SYS_clock_nanosleep:
      if (!is_mapped(r.rdi)) break;
      if ((r.rsi & TIMER_ABSTIME) != 0) {
        changed = change.absolute(&Registers::rdx, static_cast<clockid_t>(r.rdi));
      } else {
        changed = change_sleep(change, change.relative(&Registers::rdx), r.r10);
      }
      break;
    case SYS_restart_syscall:  // of a sleep; other waits that are continued so give nothing back
      changed = thread.sleep_left != 0;
      change.call.left_if_interrupted = true;
      if (changed) change.translate(Unit::timespec, thread.sleep_left);
      break;

    case SYS_poll:
      changed = change_to_ppoll(change);
      break;
    case SYS_epoll_wait:
      changed = change_to_epoll_pwait2(change, false);
      break;
    case SYS_epoll_pwait:
      changed = change_to_epoll_pwait2(change, true);
      break;
    case SYS_epoll_pwait2:
      changed = change.relative(&Registers::r10);
      break;
    case SYS_ppoll:
      changed = change.copy_back(change.relative(&Registers::rdx), Unit::timespec, &Registers::rdx);
      break;
    case SYS_pselect6:
      changed = change.copy_back(change.relative(&Registers::r8), Unit::timespec, &Registers::r8);
      break;
    case SYS_select:
      changed = change.copy_back(change.relative_timeval(&Registers::r8), Unit::timeval, &Registers::r8);
      break;
    case SYS_recvmmsg:
      changed = change.copy_back(change.relative(&Registers::r8), Unit::timespec, &Registers::r8);
      break;

    case SYS_futex:
      changed = change_futex(change);
      break;
    case kFutexWaitv:
      changed = change.absolute(&Registers::r10, static_cast<clockid_t>(r.r8));
      break;
    case kFutexWait:
      changed = change.absolute(&Registers::r8, static_cast<clockid_t>(r.r9));
      break;
    case SYS_rt_sigtimedwait:
      changed = change.relative(&Registers::rdx);
      break;
    case SYS_semtimedop:
      changed = change.relative(&Registers::r10);
      break;
    case SYS_io_getevents:
    case SYS_io_pgetevents:
      changed = change.relative(&Registers::r8);
      break;
    case SYS_mq_timedsend:
    case SYS_mq_timedreceive:
      changed = change.absolute(&Registers::r8, CLOCK_REALTIME);
      break;

    case SYS_timer_create:
      changed = change.call.makes_cpu_timer = !is_mapped(r.rdi);
      break;
    case SYS_timer_settime:
    case SYS_timer_gettime:
      if (!cpu_timers_.empty() && cpu_timers_.contains({process_of(thread.id), r.rdi})) break;
      if (r.orig_rax == SYS_timer_gettime) {
        changed = true;
        change.translate(Unit::itimerspec, r.rsi);
        break;
      }
      [[fallthrough]];
    case SYS_timerfd_settime:
      changed = change.itimerspec(&Registers::rdx, (r.rsi & TIMER_ABSTIME) != 0);
      if (changed && r.r10 != 0) change.translate(Unit::itimerspec, r.r10);
      break;
    case SYS_timerfd_gettime:
      changed = true;
      change.translate(Unit::itimerspec, r.rsi);
      break;
    case SYS_setitimer:
      changed = r.rsi == 0 || change.itimerval(&Registers::rsi);
      if (changed && r.rdx != 0) change.translate(Unit::itimerval, r.rdx);
      break;
    case SYS_getitimer:
      changed = true;
      change.translate(Unit::itimerval, r.rsi);
      break;
    case SYS_alarm:
      changed = change_alarm(change, thread, map_);
      break;
    case SYS_setsockopt:
      changed = change.relative_timeval(&Registers::r10);
      change.call.due = 0;  // it does not wait
      break;
    case SYS_getsockopt:
      changed = true;
      change.translate(Unit::timeval, r.r10);
      break;

    case SYS_prctl:  // PR_SET_DUMPABLE 0 would shut the tracer out
      return answer(thread, r, 0);
    case SYS_ptrace:
      ledger_.add_note(Note::uncompressed, program_of(thread.id) + ": it traces other programs (ptrace)");
      return;
    case SYS_io_uring_setup:  // its time-outs lie in memory that it shares with the kernel
      ledger_.add_note(Note::refused, program_of(thread.id) + ": io_uring was refused (ENOSYS)");
      return answer(thread, r, -ENOSYS);
    case SYS_clone:
      changed = true;
      change.registers.rdi &= ~static_cast<unsigned long long>(CLONE_UNTRACED);
      break;
    case SYS_clone3:
      changed = change_clone3(change, thread);
      break;
    default:
      return;
  }
  thread.broken.reset();
  // A program that has just made a user namespace, until it executes another.
  if (!changed && errno == EPERM) {
    ledger_.add_note(Note::uncompressed, program_of(thread.id) + ": its memory is closed to the tracer");
  }
  if (!changed || !write_registers(thread.id, change.registers)) return;
  if (change.call.due != 0) ledger_.add(Ledger::waits);
  thread.call = change.call;
}

void TimedCalls::leave(TracedThread& thread) {
  const ChangedCall call = *thread.call;
  thread.call.reset();
  auto registers = read_registers(thread.id);
  if (!registers) return;
  const std::int64_t result = result_of(*registers);
  const Registers& before = call.before;
  registers->rdi = before.rdi;
  registers->rsi = before.rsi;
  registers->rdx = before.rdx;
  registers->r10 = before.r10;
  registers->r8 = before.r8;
  registers->r9 = before.r9;
  registers->orig_rax = before.orig_rax;
  if (before.orig_rax == SYS_alarm && result == 0) {
    const auto old = read_value<itimerval>(thread.id, thread.slot + sizeof(itimerval));
    const auto left = old ? nanoseconds(old->it_value) : std::nullopt;
    // As the kernel rounds: to the next second, but what runs is never none.
    const std::int64_t seconds = left ? (map_.stretch(*left) + 500'000'000) / 1'000'000'000 : 0;
    registers->rax =
        static_cast<unsigned long long>(left && *left > 0 ? std::max<std::int64_t>(seconds, 1) : 0);
  }
  if (!write_registers(thread.id, *registers)) return;

  if (result == kRestartNoHandler && before.orig_rax == SYS_poll) {
    thread.broken = BrokenWait{before, call.due};
  }
  const bool sleep = call.left_if_interrupted && result == kRestartBlock;
  thread.sleep_left = sleep ? call.left_to : 0;
  if (interrupted(result) || (result >= 0 && !call.left_if_interrupted)) {
    translate(map_, thread.id, call);
  }
  if (call.makes_cpu_timer && result == 0) {
    if (const auto id = read_value<std::int32_t>(thread.id, before.rdx)) {
      cpu_timers_.insert({process_of(thread.id), static_cast<std::uint64_t>(*id)});
    }
  }
  if (call.due != 0 && timed_out(before.orig_rax, result)) {
    ledger_.add_lateness(read_clock(CLOCK_MONOTONIC) - call.due);
  }
}

}  // namespace assay::casetime
