#include "harness/process/sandbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>

#include "harness/base/text.h"
#include "harness/base/time.h"
#include "harness/base/unique_fd.h"
#include "harness/process/mounts.h"
#include "harness/process/sandbox_init.h"

namespace assay::process {
namespace {

constexpr int kSandboxNamespaces = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS;
constexpr Micros kEscapedGrace = std::chrono::milliseconds(500);

tl::unexpected<Error> no_sandbox(const std::string& what, int error) {
  return fail(fmt::format("no sandbox: cannot {}: {}", what, std::generic_category().message(error)));
}

// Waits until every one of them has ended, or the time is over; those that have not.
std::vector<ProcessInfo> still_alive(std::vector<ProcessInfo> processes, Micros within) {
  using SteadyClock = std::chrono::steady_clock;
  const auto until = SteadyClock::now() + within;
  std::erase_if(processes, [&](const ProcessInfo& one) {
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, one.pid, 0)));
    if (!process) return true;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - SteadyClock::now()).count();
    pollfd ended{process.get(), POLLIN, 0};
    return ::poll(&ended, 1, static_cast<int>(std::max<std::int64_t>(left, 0))) > 0;
  });
  return processes;
}

}  // namespace

struct Sandbox::State {
  SandboxOptions options;
  pid_t pid = 0;
  UniqueFd pid_fd;
  std::mutex mutex;
  std::set<pid_t> running;                            // programs that we started inside
  std::set<std::pair<pid_t, std::uint64_t>> told_of;  // pid and start of what was left behind
  std::string reached;                                // a limit
  std::optional<LimitWatch> watch;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    watch.reset();
    if (pid <= 0) return;
    ::kill(pid, SIGKILL);
    // pid 1 becomes a zombie only when everything else in its namespace is gone.
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
};

Sandbox::Sandbox(std::unique_ptr<State> state) : state_(std::move(state)) {}
Sandbox::~Sandbox() = default;

Result<std::unique_ptr<Sandbox>> Sandbox::make(SandboxOptions options) {
  if (auto inside = need_cell(); !inside) return tl::unexpected(inside.error());
  std::array<int, 2> report{};
  if (::pipe2(report.data(), O_CLOEXEC) != 0) return no_sandbox("open a pipe", errno);
  UniqueFd report_in(report[0]), report_out(report[1]);
  const std::string uid_map = fmt::format("{0} {0} 1", ::geteuid());
  const std::string gid_map = fmt::format("{0} {0} 1", ::getegid());
  const SandboxPlan plan{uid_map.c_str(), gid_map.c_str(), report_out.get()};

  sigset_t all, before;  // no handler of ours may run in the copy
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone, kSandboxNamespaces | SIGCHLD, 0, 0, 0, 0));
  if (pid == 0) sandbox_init(plan);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return no_sandbox("make namespaces", error);
  auto state = std::make_unique<State>();
  state->pid = pid;
  report_out.reset();
  SandboxReport answer;
  ssize_t n = 0;
  while ((n = ::read(report_in.get(), &answer, sizeof answer)) < 0 && errno == EINTR) {
  }
  if (n != static_cast<ssize_t>(sizeof answer)) return fail("no sandbox: its init was killed");
  if (answer.error != 0) return no_sandbox(answer.what, answer.error);
  state->pid_fd.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!state->pid_fd) return no_sandbox("watch its init", errno);
  state->options = std::move(options);
  std::unique_ptr<Sandbox> out(new Sandbox(std::move(state)));
  out->state_->watch.emplace(out->limits(),
                             [raw = out.get()](std::string limit) { raw->reached(std::move(limit)); });
  return out;
}

pid_t Sandbox::init() const {
  return state_->pid;
}

std::vector<ProcessInfo> Sandbox::processes() const {
  auto all = list_processes();
  std::erase_if(all, [&](const ProcessInfo& p) {
    return p.pid == state_->pid || p.state == 'Z' || p.state == 'X' ||
           !is_nested(read_file(fmt::format("/proc/{}/status", p.pid)).value_or(""));
  });
  return all;
}

Result<void> Sandbox::adopt_next_child() const {
  if (::setns(state_->pid_fd.get(), CLONE_NEWPID) != 0) return no_sandbox("enter it", errno);
  return {};
}

void Sandbox::stop_adopting() {
  const UniqueFd own(::open("/proc/thread-self/ns/pid", O_RDONLY | O_CLOEXEC));
  ::setns(own.get(), CLONE_NEWPID);
}

bool Sandbox::enter() const noexcept {
  if (::setns(state_->pid_fd.get(), CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS) != 0)
    return false;
  for (unsigned long capability = 0; ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; ++capability) {
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const std::array<__user_cap_data_struct, 2> none{};
  return ::syscall(SYS_capset, &header, none.data()) == 0 && set_limits(state_->options.limits) &&
         ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         (state_->options.filter.empty() || install(state_->options.filter));
}

const SandboxLimits& Sandbox::limits() const {
  return state_->options.limits;
}

void Sandbox::reached(std::string limit) {
  const std::lock_guard lock(state_->mutex);
  if (state_->reached.empty()) state_->reached = std::move(limit);
  ::kill(state_->pid, SIGKILL);
}

std::string Sandbox::reached_limit() const {
  const std::lock_guard lock(state_->mutex);
  return state_->reached;
}

void Sandbox::program_started(pid_t pid) {
  const std::lock_guard lock(state_->mutex);
  state_->running.insert(pid);
}

std::vector<ProcessInfo> Sandbox::left_by(pid_t pid) {
  bool alone = false;
  {
    const std::lock_guard lock(state_->mutex);
    state_->running.erase(pid);
    alone = state_->running.empty();
  }
  std::vector<ProcessInfo> left = session_members(pid);
  if (alone) {
    auto others = processes();
    std::erase_if(others, [&](const ProcessInfo& p) { return p.session == pid; });
    for (ProcessInfo& one : still_alive(std::move(others), kEscapedGrace)) left.push_back(std::move(one));
  }
  // The tracer of case time (harness/time) is ours; it ends with the last program that it traces.
  std::erase_if(left, [](const ProcessInfo& p) { return p.name == "assay-time"; });
  const std::lock_guard lock(state_->mutex);
  std::erase_if(left,
                [&](const ProcessInfo& p) { return !state_->told_of.emplace(p.pid, p.start_ticks).second; });
  return left;
}

}  // namespace assay::process
