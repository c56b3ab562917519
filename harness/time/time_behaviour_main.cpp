// What programs do that run in case time: one behaviour a name. Prints "ok" or what was wrong.
#include <fmt/format.h>
#include <linux/io_uring.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "harness/time/probe/waits.h"

namespace {

char** arguments;

double seconds(const timespec& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}
double own_clock(clockid_t clock = CLOCK_MONOTONIC) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return seconds(now);
}
// Past the vDSO.
double raw_clock(clockid_t clock) {
  timespec now{};
  ::syscall(SYS_clock_gettime, clock, &now);
  return seconds(now);
}
double machine() {
  return static_cast<double>(assay::casetime::machine_clock()) / 1e9;
}
void sleep_for(double wait) {
  const auto whole = static_cast<time_t>(wait);
  const timespec time{whole, static_cast<long>((wait - static_cast<double>(whole)) * 1e9)};
  ::nanosleep(&time, nullptr);
}

std::string between(const char* what, double found, double least, double most) {
  if (found >= least && found <= most) return {};
  return fmt::format("{} is {}, not from {} to {}; ", what, found, least, most);
}

// A sleep of two seconds follows: by the own clock, and a machine that is no more than six times as busy as
// fast.
std::string compressed() {
  const double own = own_clock(), real = machine();
  sleep_for(2);
  return between("own time of a sleep of 2 s", own_clock() - own, 2, 40) +
         between("its real time", machine() - real, 0.09, 1.5);
}

std::string in_child(const std::function<std::string()>& what) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], 1);  // of a program that it executes
    const std::string said = what();
    (void)!::write(ends[1], said.data(), said.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said;
  char buffer[1024];
  for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;)
    said.append(buffer, static_cast<std::size_t>(n));
  ::waitpid(child, nullptr, 0);
  return said == "ok\n" ? "" : said;
}

[[noreturn]] void execute(const char* behaviour, bool clear_environment = false);

void on_signal(int) {}

// A signal comes after 0.1 s of the machine's.
struct Interrupter {
  explicit Interrupter(int number)
      : victim(::pthread_self()), thread([this, number] {
          const double start = machine();
          while (machine() - start < 0.1) sleep_for(0.1);
          ::pthread_kill(victim, number);
        }) {}
  ~Interrupter() { thread.join(); }
  pthread_t victim;
  std::thread thread;
};
void handle(int number) {
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigaction(number, &action, nullptr);
}

std::string clocks_agree() {
  std::string wrong;
  for (const clockid_t clock : {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME,
                                CLOCK_TAI, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE}) {
    const double first = own_clock(clock), second = raw_clock(clock), third = own_clock(clock);
    // A coarse clock steps by 4 ms of the machine's.
    const double step = clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE ? 0.1 : 0;
    wrong +=
        between(fmt::format("clock {} by system call", clock).c_str(), second, first - step, third + step);
  }
  timeval of_day{}, raw_of_day{};
  ::gettimeofday(&of_day, nullptr);
  ::syscall(SYS_gettimeofday, &raw_of_day, nullptr);
  const double now = own_clock(CLOCK_REALTIME);
  wrong +=
      between("gettimeofday", static_cast<double>(of_day.tv_sec) + static_cast<double>(of_day.tv_usec) / 1e6,
              now - 2, now);
  wrong += between("gettimeofday by system call",
                   static_cast<double>(raw_of_day.tv_sec) + static_cast<double>(raw_of_day.tv_usec) / 1e6,
                   now - 2, now);
  wrong += between("time()", static_cast<double>(std::time(nullptr)), now - 2, own_clock(CLOCK_REALTIME));
  wrong += between("time() by system call", static_cast<double>(::syscall(SYS_time, nullptr)), now - 2,
                   own_clock(CLOCK_REALTIME));
  return wrong;
}

std::string cpu_clock_is_left_alone() {
  const double real = machine(), cpu = own_clock(CLOCK_PROCESS_CPUTIME_ID);
  while (own_clock(CLOCK_PROCESS_CPUTIME_ID) - cpu < 0.02) {
  }
  return between("real time of 20 ms of CPU", machine() - real, 0.0199, 10);
}

std::string cpu_timer_is_left_alone() {
  handle(SIGUSR1);
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGUSR1;
  timer_t timer{};
  if (::timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer) != 0) return "no timer";
  const itimerspec hour{{0, 0}, {3600, 0}};
  itimerspec left{};
  if (::timer_settime(timer, 0, &hour, nullptr) != 0 || ::timer_gettime(timer, &left) != 0) return "no time";
  return between("what is left of an hour of CPU time", seconds(left.it_value), 3590, 3600);
}

std::string rest_of_a_sleep() {
  handle(SIGUSR1);
  const Interrupter signal(SIGUSR1);
  const timespec hour{3600, 0};
  timespec left{};
  const double start = own_clock();
  if (::nanosleep(&hour, &left) != -1 || errno != EINTR) return "not interrupted";
  return between("what passed and what is left", seconds(left) + own_clock() - start, 3600, 3640);
}

std::string rest_of_a_select() {
  handle(SIGUSR1);
  const Interrupter signal(SIGUSR1);
  timeval time{3600, 0};
  const double start = own_clock();
  if (::select(0, nullptr, nullptr, nullptr, &time) != -1 || errno != EINTR) return "not interrupted";
  return between("what passed and what is left", static_cast<double>(time.tv_sec) + own_clock() - start, 3595,
                 3640);
}

std::string rest_of_timers() {
  itimerval alarm{{0, 0}, {3600, 0}};
  ::setitimer(ITIMER_REAL, &alarm, nullptr);
  ::getitimer(ITIMER_REAL, &alarm);
  std::string wrong = between("getitimer", static_cast<double>(alarm.it_value.tv_sec), 3500, 3600);
  const itimerval none{};
  ::setitimer(ITIMER_REAL, &none, &alarm);
  wrong += between("setitimer's old value", static_cast<double>(alarm.it_value.tv_sec), 3500, 3600);
  ::alarm(1000);
  wrong += between("alarm's old value", ::alarm(0), 950, 1000);
  wrong += between("alarm's old value without one", ::alarm(0), 0, 0);
  const int timer = ::timerfd_create(CLOCK_MONOTONIC, 0);
  const itimerspec time{{7, 0}, {3600, 0}};
  itimerspec left{};
  ::timerfd_settime(timer, 0, &time, nullptr);
  ::timerfd_gettime(timer, &left);
  wrong += between("timerfd_gettime", seconds(left.it_value), 3500, 3600);
  wrong += between("its interval", seconds(left.it_interval), 6.9, 7.1);
  int pair[2];
  (void)!::socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  timeval limit{90, 0};
  socklen_t size = sizeof limit;
  ::setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, size);
  ::getsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, &size);
  return wrong + between("SO_RCVTIMEO",
                         static_cast<double>(limit.tv_sec) + static_cast<double>(limit.tv_usec) / 1e6, 89.8,
                         91);
}

// Stopped and continued without a handler, a poll goes on to its end and no further.
std::string poll_over_a_stop() {
  const pid_t self = ::getpid();
  const pid_t other = ::fork();
  if (other == 0) {
    for (int i = 0; i < 5; ++i) {
      sleep_for(1);
      ::kill(self, SIGSTOP);
      ::kill(self, SIGCONT);
    }
    ::_exit(0);
  }
  const double start = own_clock();
  const int result = ::poll(nullptr, 0, 8000);
  const double waited = own_clock() - start;
  ::waitpid(other, nullptr, 0);
  if (result != 0) return fmt::format("poll gave {}, {}", result, std::strerror(errno));
  return between("a poll of 8 s", waited, 8, 11.9);
}

std::string registers_are_kept() {
  long result = SYS_poll;
  long first = 0, second = 0, third = 100, r10 = 0x1111, r8 = 0x2222, r9 = 0x3333;
  asm volatile(
      "mov %[r10], %%r10\n\tmov %[r8], %%r8\n\tmov %[r9], %%r9\n\tsyscall\n\t"
      "mov %%r10, %[r10]\n\tmov %%r8, %[r8]\n\tmov %%r9, %[r9]"
      : "+a"(result), "+D"(first), "+S"(second), "+d"(third), [r10] "+m"(r10), [r8] "+m"(r8), [r9] "+m"(r9)
      :
      : "rcx", "r11", "r8", "r9", "r10", "memory");
  if (result == 0 && first == 0 && second == 0 && third == 100 && r10 == 0x1111 && r8 == 0x2222 &&
      r9 == 0x3333)
    return {};
  return fmt::format("{} {} {} {} {:x} {:x} {:x}", result, first, second, third, r10, r8, r9);
}

std::string many_threads() {
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  const double real = machine();
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([&] {
      const double own = own_clock();
      sleep_for(4);
      if (own_clock() - own < 4) ++wrong;
    });
  }
  for (auto& thread : threads) thread.join();
  return between("threads that woke too early", wrong, 0, 0) +
         between("real time of 100 sleeps of 4 s", machine() - real, 0.2, 3);
}

[[noreturn]] void execute(const char* behaviour, bool clear_environment) {
  char* const argv[] = {arguments[0], const_cast<char*>(behaviour), nullptr};
  char* const none[] = {nullptr};
  ::execve("/proc/self/exe", argv, clear_environment ? none : environ);
  ::_exit(99);
}

std::string vfork_then_exec() {
  // The call itself is what is tried: NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork)
  const pid_t child = ::vfork();
  if (child == 0) execute("quiet-sleep");  // NOLINT(clang-analyzer-unix.Vfork)
  int status = 0;
  ::waitpid(child, &status, 0);
  return WEXITSTATUS(status) == 0 ? compressed() : "the child's time was not compressed; ";
}

// One clock for all: a grandchild that was started with another environment reads a time between two of ours.
std::string grandchild_shares_the_clock() {
  const double before = own_clock();
  const std::string said =
      in_child([] { return in_child([] { return fmt::format("{:.9f}", own_clock()); }); });
  return between("the grandchild's clock", std::atof(said.c_str()), before, own_clock());
}

std::string untraced_clone() {
  const auto child =
      static_cast<pid_t>(::syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (child == 0) execute("quiet-sleep");
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WEXITSTATUS(status) != 0) return "clone: not compressed; ";
  clone_args args{};
  args.flags = CLONE_UNTRACED;
  args.exit_signal = SIGCHLD;
  const auto other = static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
  if (other == 0) execute("quiet-sleep");
  ::waitpid(other, &status, 0);
  return WEXITSTATUS(status) == 0 ? "" : "clone3: not compressed; ";
}

std::string io_uring_is_refused() {
  io_uring_params parameters{};
  const long result = ::syscall(SYS_io_uring_setup, 4, &parameters);
  return result == -1 && errno == ENOSYS ? "" : "io_uring_setup was not refused; ";
}

const std::map<std::string, std::function<std::string()>> kBehaviours = {
    {"sleep", compressed},
    {"quiet-sleep", []() -> std::string { ::_exit(compressed().empty() ? 0 : 1); }},
    {"clocks", clocks_agree},
    {"cpu-clock", cpu_clock_is_left_alone},
    {"cpu-timer", cpu_timer_is_left_alone},
    {"rest-of-sleep", rest_of_a_sleep},
    {"rest-of-select", rest_of_a_select},
    {"rest-of-timers", rest_of_timers},
    {"poll-over-stop", poll_over_a_stop},
    {"registers", registers_are_kept},
    {"uses-cpu",
     [] {
       while (own_clock(CLOCK_PROCESS_CPUTIME_ID) < 0.02) {
       }
       sleep_for(0.1);
       return std::string();
     }},
    {"threads", many_threads},
    {"vfork", vfork_then_exec},
    {"grandchild", grandchild_shares_the_clock},
    {"untraced", untraced_clone},
    {"io-uring", io_uring_is_refused},
    {"fork", [] { return in_child(compressed); }},
    {"exec", []() -> std::string { execute("sleep"); }},
    {"exec-from-thread",
     []() -> std::string {
       std::thread([] { execute("sleep"); }).join();
       return "exec did not happen";
     }},
    {"clear-environment", []() -> std::string { execute("sleep", true); }},
    {"undumpable",
     [] {
       ::prctl(PR_SET_DUMPABLE, 0);
       return compressed() + in_child(compressed);
     }},
    {"user-namespace",  // as sandboxes of agents make them
     [] {
       return in_child([]() -> std::string {
         if (::unshare(CLONE_NEWUSER) != 0) return fmt::format("no namespace: {}; ", std::strerror(errno));
         execute("bare-sleep");
       });
     }},
    {"bare-sleep", compressed},
    {"traces", [] { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0 ? "it can trace" : ""; }},
    {"invalid",
     [] {
       const timespec wrong{1, 2'000'000'000};
       if (::nanosleep(&wrong, nullptr) != -1 || errno != EINVAL) return "an invalid sleep was taken";
       return ::syscall(SYS_nanosleep, 1, nullptr) == -1 && errno == EFAULT ? "" : "a wild pointer was taken";
     }},
    {"exit", []() -> std::string { ::_exit(7); }},
    {"kill-itself",
     []() -> std::string {
       ::kill(::getpid(), SIGKILL);
       return "alive";
     }},
    {"children",
     []() -> std::string {  // finds none that it did not start
       return ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD ? "" : "there is a child";
     }},
    {"await-term",
     []() -> std::string {
       static std::atomic<int> times{0};
       ::signal(SIGTERM, [](int) { ++times; });
       std::puts("ready");
       std::fflush(stdout);
       while (times == 0) ::poll(nullptr, 0, 1000);
       sleep_for(2);
       return between("SIGTERMs", times, 1, 1);
     }},
    {"wait-for-ever",
     []() -> std::string {
       if (::fork() == 0) {
         while (true) ::pause();
       }
       std::printf("ready\n");
       std::fflush(stdout);
       while (true) ::poll(nullptr, 0, 1000);
     }},
    {"now",
     [] {
       std::printf("%.9f %.9f\n", own_clock(), own_clock(CLOCK_REALTIME));
       return std::string();
     }},
};

}  // namespace

int main(int argc, char** argv) {
  arguments = argv;
  const auto found = kBehaviours.find(argc > 1 ? argv[1] : "");
  if (found == kBehaviours.end()) return 2;
  const std::string wrong = found->second();
  std::puts(wrong.empty() ? "ok" : wrong.c_str());
  return wrong.empty() ? 0 : 1;
}
