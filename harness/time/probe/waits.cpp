#include "harness/time/probe/waits.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <threads.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <string>

#include "harness/time/stub.h"

namespace assay::casetime {
namespace {

timespec span(std::int64_t ns) {
  return {ns / kNanosPerSecond, ns % kNanosPerSecond};
}
timeval span_in_micros(std::int64_t ns) {
  return {ns / kNanosPerSecond, ns % kNanosPerSecond / 1000};
}
timespec until(clockid_t clock, std::int64_t ns) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return span(now.tv_sec * kNanosPerSecond + now.tv_nsec + ns);
}
int millis(std::int64_t ns) {
  return static_cast<int>(ns / 1'000'000);
}

// Closes itself.
struct Fd {
  explicit Fd(int fd) : number(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { ::close(number); }
  int number;
};

// A signal that is blocked here and awaited, so that no handler is needed.
struct BlockedSignal {
  explicit BlockedSignal(int number) {
    sigemptyset(&set);
    sigaddset(&set, number);
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  }
  bool await() const { return ::sigwaitinfo(&set, nullptr) > 0; }
  sigset_t set{};
};

bool wait_nanosleep(std::int64_t ns) {
  const timespec time = span(ns);
  return ::nanosleep(&time, nullptr) == 0;
}
bool wait_usleep(std::int64_t ns) {
  return ::usleep(static_cast<useconds_t>(ns / 1000)) == 0;
}
bool wait_sleep(std::int64_t ns) {
  return ::sleep(static_cast<unsigned>(ns / kNanosPerSecond)) == 0;
}
bool wait_thrd_sleep(std::int64_t ns) {
  const timespec time = span(ns);
  return ::thrd_sleep(&time, nullptr) == 0;
}
bool wait_clock_relative(std::int64_t ns) {
  const timespec time = span(ns);
  return ::clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr) == 0;
}
template <clockid_t clock>
bool wait_clock_absolute(std::int64_t ns) {
  const timespec time = until(clock, ns);
  return ::clock_nanosleep(clock, TIMER_ABSTIME, &time, nullptr) == 0;
}

bool wait_poll(std::int64_t ns) {
  return ::poll(nullptr, 0, millis(ns)) == 0;
}
bool wait_ppoll(std::int64_t ns) {
  const timespec time = span(ns);
  return ::ppoll(nullptr, 0, &time, nullptr) == 0;
}
bool wait_select(std::int64_t ns) {
  timeval time = span_in_micros(ns);
  return ::select(0, nullptr, nullptr, nullptr, &time) == 0;
}
bool wait_pselect(std::int64_t ns) {
  const timespec time = span(ns);
  return ::pselect(0, nullptr, nullptr, nullptr, &time, nullptr) == 0;
}
bool wait_epoll(std::int64_t ns) {
  const Fd epoll(::epoll_create1(0));
  epoll_event event{};
  return ::epoll_wait(epoll.number, &event, 1, millis(ns)) == 0;
}
bool wait_epoll_pwait(std::int64_t ns) {
  const Fd epoll(::epoll_create1(0));
  epoll_event event{};
  sigset_t none;
  sigemptyset(&none);
  return ::epoll_pwait(epoll.number, &event, 1, millis(ns), &none) == 0;
}
bool wait_epoll_pwait2(std::int64_t ns) {
  const Fd epoll(::epoll_create1(0));
  epoll_event event{};
  const timespec time = span(ns);
  return ::syscall(SYS_epoll_pwait2, epoll.number, &event, 1, &time, nullptr, 8) == 0;
}

bool futex(int operation, const timespec& time) {
  std::uint32_t word = 0;
  return ::syscall(SYS_futex, &word, operation, 0, &time, nullptr, FUTEX_BITSET_MATCH_ANY) == -1 &&
         errno == ETIMEDOUT;
}
bool wait_futex_relative(std::int64_t ns) {
  return futex(FUTEX_WAIT_PRIVATE, span(ns));
}
bool wait_futex_monotonic(std::int64_t ns) {
  return futex(FUTEX_WAIT_BITSET_PRIVATE, until(CLOCK_MONOTONIC, ns));
}
bool wait_futex_realtime(std::int64_t ns) {
  return futex(FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, until(CLOCK_REALTIME, ns));
}

bool condition_wait(clockid_t attribute, std::int64_t ns) {
  pthread_condattr_t attributes;
  ::pthread_condattr_init(&attributes);
  ::pthread_condattr_setclock(&attributes, attribute);
  pthread_cond_t condition;
  ::pthread_cond_init(&condition, &attributes);
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  ::pthread_mutex_lock(&mutex);
  const timespec time = until(attribute, ns);
  const int result = ::pthread_cond_timedwait(&condition, &mutex, &time);
  ::pthread_mutex_unlock(&mutex);
  ::pthread_cond_destroy(&condition);
  return result == ETIMEDOUT;
}
bool wait_condition_realtime(std::int64_t ns) {
  return condition_wait(CLOCK_REALTIME, ns);
}
bool wait_condition_monotonic(std::int64_t ns) {
  return condition_wait(CLOCK_MONOTONIC, ns);
}
bool wait_condition_clockwait(std::int64_t ns) {
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  ::pthread_mutex_lock(&mutex);
  const timespec time = until(CLOCK_MONOTONIC, ns);
  const int result = ::pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &time);
  ::pthread_mutex_unlock(&mutex);
  return result == ETIMEDOUT;
}
bool wait_semaphore_timed(std::int64_t ns) {
  sem_t semaphore;
  ::sem_init(&semaphore, 0, 0);
  const timespec time = until(CLOCK_REALTIME, ns);
  return ::sem_timedwait(&semaphore, &time) == -1 && errno == ETIMEDOUT;
}
bool wait_semaphore_clock(std::int64_t ns) {
  sem_t semaphore;
  ::sem_init(&semaphore, 0, 0);
  const timespec time = until(CLOCK_MONOTONIC, ns);
  return ::sem_clockwait(&semaphore, CLOCK_MONOTONIC, &time) == -1 && errno == ETIMEDOUT;
}
// A lock that this thread holds already.
bool wait_mutex_timed(std::int64_t ns) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  ::pthread_mutex_lock(&mutex);
  const timespec time = until(CLOCK_REALTIME, ns);
  return ::pthread_mutex_timedlock(&mutex, &time) == ETIMEDOUT;
}
bool wait_mutex_clock(std::int64_t ns) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  ::pthread_mutex_lock(&mutex);
  const timespec time = until(CLOCK_MONOTONIC, ns);
  return ::pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &time) == ETIMEDOUT;
}
bool wait_mutex_priority(std::int64_t ns) {  // FUTEX_LOCK_PI
  struct Held {
    pthread_mutex_t mutex;
    sem_t locked, done;
  } held{};
  pthread_mutexattr_t attributes;
  ::pthread_mutexattr_init(&attributes);
  ::pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
  ::pthread_mutex_init(&held.mutex, &attributes);
  ::sem_init(&held.locked, 0, 0);
  ::sem_init(&held.done, 0, 0);
  pthread_t holder{};
  ::pthread_create(
      &holder, nullptr,
      [](void* of) -> void* {
        auto* its = static_cast<Held*>(of);
        ::pthread_mutex_lock(&its->mutex);
        ::sem_post(&its->locked);
        while (::sem_wait(&its->done) != 0) {
        }
        ::pthread_mutex_unlock(&its->mutex);
        return nullptr;
      },
      &held);
  while (::sem_wait(&held.locked) != 0) {
  }
  const timespec time = until(CLOCK_REALTIME, ns);
  const int result = ::pthread_mutex_timedlock(&held.mutex, &time);
  ::sem_post(&held.done);
  ::pthread_join(holder, nullptr);
  return result == ETIMEDOUT;
}

bool timer_fd(clockid_t clock, int flags, const timespec& value) {
  const Fd timer(::timerfd_create(clock, 0));
  const itimerspec time{{0, 0}, value};
  std::uint64_t expired = 0;
  return ::timerfd_settime(timer.number, flags, &time, nullptr) == 0 &&
         ::read(timer.number, &expired, sizeof expired) == sizeof expired && expired == 1;
}
bool wait_timerfd_relative(std::int64_t ns) {
  return timer_fd(CLOCK_MONOTONIC, 0, span(ns));
}
bool wait_timerfd_monotonic(std::int64_t ns) {
  return timer_fd(CLOCK_MONOTONIC, TFD_TIMER_ABSTIME, until(CLOCK_MONOTONIC, ns));
}
bool wait_timerfd_realtime(std::int64_t ns) {
  return timer_fd(CLOCK_REALTIME, TFD_TIMER_ABSTIME, until(CLOCK_REALTIME, ns));
}
bool wait_setitimer(std::int64_t ns) {
  const BlockedSignal alarm(SIGALRM);
  const itimerval time{{0, 0}, span_in_micros(ns)};
  return ::setitimer(ITIMER_REAL, &time, nullptr) == 0 && alarm.await();
}
bool wait_alarm(std::int64_t ns) {
  const BlockedSignal alarm(SIGALRM);
  ::alarm(static_cast<unsigned>(ns / kNanosPerSecond));
  return alarm.await();
}
bool timer_signal(int flags, const timespec& value) {
  const BlockedSignal signal(SIGRTMIN);
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGRTMIN;
  timer_t timer{};
  if (::timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) return false;
  const itimerspec time{{0, 0}, value};
  const bool waited = ::timer_settime(timer, flags, &time, nullptr) == 0 && signal.await();
  ::timer_delete(timer);
  return waited;
}
bool wait_timer_relative(std::int64_t ns) {
  return timer_signal(0, span(ns));
}
bool wait_timer_absolute(std::int64_t ns) {
  return timer_signal(TIMER_ABSTIME, until(CLOCK_MONOTONIC, ns));
}
bool wait_sigtimedwait(std::int64_t ns) {
  const BlockedSignal never(SIGRTMAX);
  const timespec time = span(ns);
  return ::sigtimedwait(&never.set, nullptr, &time) == -1 && errno == EAGAIN;
}

bool wait_receive(std::int64_t ns) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return false;
  const Fd ours(pair[0]);
  const Fd its(pair[1]);
  const timeval time = span_in_micros(ns);
  char byte = 0;
  return ::setsockopt(ours.number, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) == 0 &&
         ::recv(ours.number, &byte, 1, 0) == -1 && errno == EAGAIN;
}
bool wait_semop(std::int64_t ns) {
  const int set = ::semget(IPC_PRIVATE, 1, 0600);
  if (set < 0) return false;
  sembuf take{0, -1, 0};
  const timespec time = span(ns);
  const bool waited = ::semtimedop(set, &take, 1, &time) == -1 && errno == EAGAIN;
  ::semctl(set, 0, IPC_RMID);
  return waited;
}

constexpr WayOfWaiting kWays[] = {
    {"nanosleep", wait_nanosleep},
    {"usleep", wait_usleep},
    {"sleep", wait_sleep, true},
    {"thrd_sleep", wait_thrd_sleep},
    {"clock_nanosleep", wait_clock_relative},
    {"clock_nanosleep absolute", wait_clock_absolute<CLOCK_MONOTONIC>},
    {"clock_nanosleep absolute realtime", wait_clock_absolute<CLOCK_REALTIME>},
    {"clock_nanosleep absolute boottime", wait_clock_absolute<CLOCK_BOOTTIME>},
    {"poll", wait_poll},
    {"ppoll", wait_ppoll},
    {"select", wait_select},
    {"pselect", wait_pselect},
    {"epoll_wait", wait_epoll},
    {"epoll_pwait", wait_epoll_pwait},
    {"epoll_pwait2", wait_epoll_pwait2},
    {"futex relative", wait_futex_relative},
    {"futex absolute", wait_futex_monotonic},
    {"futex absolute realtime", wait_futex_realtime},
    {"pthread_cond_timedwait", wait_condition_realtime},
    {"pthread_cond_timedwait monotonic", wait_condition_monotonic},
    {"pthread_cond_clockwait", wait_condition_clockwait},
    {"sem_timedwait", wait_semaphore_timed},
    {"sem_clockwait", wait_semaphore_clock},
    {"pthread_mutex_timedlock", wait_mutex_timed},
    {"pthread_mutex_timedlock inheriting", wait_mutex_priority},
    {"pthread_mutex_clocklock", wait_mutex_clock},
    {"timerfd", wait_timerfd_relative},
    {"timerfd absolute", wait_timerfd_monotonic},
    {"timerfd absolute realtime", wait_timerfd_realtime},
    {"setitimer", wait_setitimer},
    {"alarm", wait_alarm, true},
    {"timer_settime", wait_timer_relative},
    {"timer_settime absolute", wait_timer_absolute},
    {"sigtimedwait", wait_sigtimedwait},
    {"SO_RCVTIMEO", wait_receive},
    {"semtimedop", wait_semop},
};

}  // namespace

std::span<const WayOfWaiting> ways_of_waiting() {
  return kWays;
}

std::int64_t machine_clock() {
  timespec now{};
  long result = SYS_clock_gettime;
  register std::uint64_t mark asm("r9") = kStubMark;
  asm volatile("syscall\n\txor %%r9d, %%r9d"
               : "+a"(result), "+r"(mark)
               : "D"(CLOCK_MONOTONIC), "S"(&now)
               : "rcx", "r11", "memory");
  return now.tv_sec * kNanosPerSecond + now.tv_nsec;
}

}  // namespace assay::casetime
