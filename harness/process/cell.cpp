#include "harness/process/cell.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "harness/base/unique_fd.h"
#include "harness/process/cell_attempts.h"
#include "harness/process/cell_init.h"
#include "harness/process/cell_root.h"

namespace assay::process {
namespace {

using SteadyClock = std::chrono::steady_clock;

// How long one cell may take to stand; on a busy machine the kernel takes its time with namespaces.
constexpr Micros kOneAttempt = std::chrono::seconds(30);
constexpr int kNamespaces = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS;

// Above the standard descriptors, which pid 1 closes.
UniqueFd above_standard(UniqueFd fd) {
  if (fd.get() > 2) return fd;
  return UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
}

// Waits for `events`; false on the deadline.
bool ready(int fd, short events, SteadyClock::time_point until) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - SteadyClock::now()).count();
    pollfd wait{fd, events, 0};
    const int n = ::poll(&wait, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (n > 0) return true;
    if (n == 0) return false;
  }
}

}  // namespace

struct Cell::State {
  pid_t pid = 0;
  UniqueFd pid_fd, lifeline, report, line;
  std::size_t line_limit = 0;
  std::string received;     // of the line that is being read
  std::size_t scanned = 0;  // bytes of `received` known to hold no LF
  std::optional<ExitStatus> status;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (pid <= 0) return;
    if (pid_fd) {
      ::syscall(SYS_pidfd_send_signal, pid_fd.get(), SIGKILL, nullptr, 0);
    } else {
      ::kill(pid, SIGKILL);
    }
    // pid 1 becomes a zombie only when everything else in its namespace is gone.
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  Result<CellReport> next_report(SteadyClock::time_point until);
  Error ended(std::string_view doing);
  // `deadline` is what the caller gave, for the message.
  Result<std::optional<std::string>> receive(SteadyClock::time_point until, Micros deadline);
};

Result<CellReport> Cell::State::next_report(SteadyClock::time_point until) {
  if (!ready(report.get(), POLLIN, until)) return fail("timed out");
  CellReport out;
  const auto n = ::read(report.get(), &out, sizeof out);
  if (n != static_cast<ssize_t>(sizeof out)) return fail("the cell was killed");
  return out;
}

// Why the line is broken.
Error Cell::State::ended(std::string_view doing) {
  if (!status) {
    const auto report_now = next_report(SteadyClock::now() + std::chrono::seconds(2));
    if (report_now && report_now->kind == CellReport::ended) {
      const int raw = report_now->value;
      status = WIFSIGNALED(raw) ? ExitStatus{0, WTERMSIG(raw)} : ExitStatus{WEXITSTATUS(raw), 0};
    } else if (!report_now) {
      return {fmt::format("{}: {}", doing, report_now.error().message), {}, 0};
    }
  }
  return {fmt::format("the worker of the cell ended: {}", status ? status->text() : "unknown"), {}, 0};
}

Result<std::optional<std::string>> Cell::State::receive(SteadyClock::time_point until, Micros deadline) {
  std::array<char, 65536> buffer;
  while (true) {
    if (const auto end = received.find('\n', scanned); end != std::string::npos) {
      std::string out = received.substr(0, end);
      received.erase(0, end + 1);
      scanned = 0;
      return std::optional(std::move(out));
    }
    scanned = received.size();
    if (scanned > line_limit) {
      return fail(fmt::format("the worker wrote a line of more than {} bytes", line_limit));
    }
    if (!ready(line.get(), POLLIN, until)) {
      return fail(
          fmt::format("timed out after {} waiting for a line of the worker", format_duration(deadline)));
    }
    const auto n = ::recv(line.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n > 0) {
      received.append(buffer.data(), static_cast<std::size_t>(n));
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
      return std::optional<std::string>();
    }
  }
}

Cell::Cell(std::unique_ptr<State> state) : state_(std::move(state)) {}
Cell::Cell(Cell&&) noexcept = default;
Cell& Cell::operator=(Cell&&) noexcept = default;
Cell::~Cell() = default;

namespace {

bool map_users(pid_t pid, const std::string& uid_map, const std::string& gid_map) {
  const auto write_map = [&](const char* file, const std::string& text) {
    const UniqueFd fd(::open(fmt::format("/proc/{}/{}", pid, file).c_str(), O_WRONLY | O_CLOEXEC));
    return fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  };
  return write_map("uid_map", uid_map) && write_map("gid_map", gid_map);
}

// Makes the namespaces and waits until pid 1 has set them up. `worker` empty = no worker.
struct Made {
  pid_t pid = 0;
  UniqueFd lifeline, report, line;
};

tl::expected<Made, NoCell> make_cell(const CellOptions& options, const std::vector<std::string>& worker) {
  std::array<int, 2> lifeline{}, report{}, line{};
  if (::pipe2(lifeline.data(), O_CLOEXEC) != 0) return tl::unexpected(NoCell{"open a pipe", errno});
  UniqueFd lifeline_in = above_standard(UniqueFd(lifeline[0])), lifeline_out(lifeline[1]);
  if (::pipe2(report.data(), O_CLOEXEC) != 0) return tl::unexpected(NoCell{"open a pipe", errno});
  UniqueFd report_in(report[0]), report_out = above_standard(UniqueFd(report[1]));
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line.data()) != 0) {
    return tl::unexpected(NoCell{"open a socket pair", errno});
  }
  UniqueFd ours(line[0]), theirs = above_standard(UniqueFd(line[1]));

  const OutsideUser user = outside_user();
  const std::string uid_map = fmt::format("{} {} 1", options.uid, user.uid);
  const std::string gid_map = fmt::format("{} {} 1", options.uid, user.gid);
  RootOptions shown{options.shows, options.writes, options.tmp_bytes, options.network};
  // The program alone: it may stand in a home.
  if (!worker.empty()) shown.shows.push_back(worker.front());
  auto root = CellRoot::prepare(std::move(shown), user);
  if (!root) return tl::unexpected(root.error());
  std::vector<const char*> argv, environment;
  for (const std::string& argument : worker) argv.push_back(argument.c_str());
  for (const std::string& variable : options.environment) environment.push_back(variable.c_str());
  argv.push_back(nullptr);
  environment.push_back(nullptr);

  CellPlan plan;
  plan.uid_map = uid_map.c_str();
  plan.gid_map = gid_map.c_str();
  if (user.other) plan.become = options.uid;
  plan.root = root->plan();
  plan.network = options.network;
  plan.catch_all = options.catch_all;
  plan.argv = worker.empty() ? nullptr : argv.data();
  plan.environment = environment.data();
  plan.lifeline = lifeline_in.get();
  plan.report = report_out.get();
  plan.worker = theirs.get();
  std::vector<int> keep = root->descriptors();
  keep.insert(keep.end(), {plan.lifeline, plan.report, plan.worker});
  std::sort(keep.begin(), keep.end());
  keep.push_back(-1);
  plan.keep = keep.data();

  // No handler of ours may run in the copy.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const int namespaces = options.network ? kNamespaces : kNamespaces | CLONE_NEWNET;
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone, namespaces | SIGCHLD, 0, 0, 0, 0));
  if (pid == 0) cell_init(plan);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return tl::unexpected(NoCell{"make namespaces", error});
  if (user.other) {
    // Nothing of the machine may be this user's; only the caller may map another than itself.
    if (!map_users(pid, uid_map, gid_map) || ::write(lifeline_out.get(), "", 1) != 1) {
      const int why = errno;
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
      return tl::unexpected(NoCell{"map the user", why});
    }
  }
  return Made{pid, std::move(lifeline_out), std::move(report_in), std::move(ours)};
}

}  // namespace

tl::expected<std::unique_ptr<Cell::State>, NoCell> Cell::start_once(const CellOptions& options,
                                                                    const std::vector<std::string>& worker) {
  auto made = make_cell(options, worker);
  if (!made) return tl::unexpected(made.error());
  auto state = std::make_unique<State>();
  state->pid = made->pid;
  state->pid_fd.reset(static_cast<int>(::syscall(SYS_pidfd_open, made->pid, 0)));
  state->lifeline = std::move(made->lifeline);
  state->report = std::move(made->report);
  state->line = std::move(made->line);
  state->line_limit = options.line_limit;
  const auto report = state->next_report(SteadyClock::now() + kOneAttempt);
  if (!report) {
    return tl::unexpected(NoCell{fmt::format("{} while it was set up (it has {})", report.error().message,
                                             format_duration(kOneAttempt)),
                                 0});
  }
  if (report->kind == CellReport::failed) return tl::unexpected(NoCell{report->what, report->value});
  return state;
}

tl::expected<Cell, Refused> Cell::start_with(const CellOptions& options,
                                             const std::vector<std::string>& worker, const CellSystem& system,
                                             const Patience& patience) {
  std::unique_ptr<State> state;
  const auto refused = try_cells(
      [&]() -> std::optional<NoCell> {
        auto made = start_once(options, worker);
        if (!made) return made.error();
        state = std::move(*made);
        return std::nullopt;
      },
      system, patience);
  if (refused) return tl::unexpected(*refused);
  return Cell(std::move(state));
}

Result<Cell> Cell::start(const CellOptions& options, const std::vector<std::string>& worker) {
  Patience patience;
  if (options.interrupted != nullptr) patience.give_up = [&options] { return options.interrupted->load(); };
  auto made = start_with(options, worker, cell_system(), patience);
  if (!made) return fail(made.error().reason);
  return std::move(*made);
}

pid_t Cell::pid() const {
  return state_->pid;
}

Result<std::string> Cell::request(std::string_view line, Micros deadline) {
  const auto until = SteadyClock::now() + deadline;
  if (auto sent = send(line, deadline); !sent) return tl::unexpected(sent.error());
  auto answer = state_->receive(until, deadline);
  if (!answer) return tl::unexpected(answer.error());
  if (!*answer) return tl::unexpected(state_->ended("waiting for an answer"));
  return std::move(**answer);
}

Result<void> Cell::send(std::string_view line, Micros deadline) {
  if (line.find('\n') != std::string_view::npos) return fail("a line for a cell holds a line feed");
  const auto until = SteadyClock::now() + deadline;
  std::string bytes(line);
  bytes += '\n';
  for (std::string_view rest = bytes; !rest.empty();) {
    if (!ready(state_->line.get(), POLLOUT, until)) {
      return fail(
          fmt::format("timed out after {} waiting for the worker to read", format_duration(deadline)));
    }
    const auto n = ::send(state_->line.get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno != EAGAIN && errno != EINTR) {
      return tl::unexpected(state_->ended("writing to the worker"));
    }
  }
  return {};
}

Result<std::optional<std::string>> Cell::receive(Micros deadline) {
  return state_->receive(SteadyClock::now() + deadline, deadline);
}

void Cell::close_input() {
  ::shutdown(state_->line.get(), SHUT_WR);
}

Result<ExitStatus> Cell::wait(Micros deadline) {
  State& s = *state_;
  if (!s.status) {
    if (!ready(s.report.get(), POLLIN, SteadyClock::now() + deadline)) {
      return fail(fmt::format("timed out after {} waiting for the worker of the cell to end",
                              format_duration(deadline)));
    }
    const Error error = s.ended("waiting for the worker");
    if (!s.status) return tl::unexpected(error);
  }
  return *s.status;
}

CellsAnswer cells_available() {
  CellOptions options;
  options.catch_all = true;
  const auto cell = Cell::start_with(options, {}, cell_system(), {});
  if (cell) return {};
  return {cell.error().kind == Refusal::for_good ? CellsAnswer::forbidden : CellsAnswer::failing,
          cell.error().reason};
}

std::string own_executable() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

}  // namespace assay::process
