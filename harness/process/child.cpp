#include "harness/process/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include "harness/base/unique_fd.h"
#include "harness/process/launch.h"

namespace assay::process {
namespace {

using SteadyClock = std::chrono::steady_clock;

// How long output is awaited after the child and its session are gone: only a process that left the session
// and kept the pipe can make it last.
constexpr Micros kEscapeeGrace = std::chrono::milliseconds(200);

// How long the others of its session have to end when it, or all of them, were told to by a signal.
constexpr Micros kSessionGrace = std::chrono::milliseconds(500);

struct Pipe {
  UniqueFd read, write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(fmt::format("no pipe: {}", std::strerror(errno)));
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void set_nonblocking(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

// The program that another one is to execute: what is wrong with it is said as if it were executed here.
Result<pid_t> is_there(const ChildOptions& options) {
  const std::string& name = options.argv.empty() ? std::string() : options.argv.front();
  const auto path = find_program(name, options.environment);
  const std::string where =
      path && !path->starts_with('/') ? options.directory + "/" + *path : path.value_or("");
  if (path && ::access(where.c_str(), X_OK) == 0) return 0;
  return fail(fmt::format("cannot start {}: {}", name, path ? std::strerror(errno) : path.error().message));
}

std::size_t index_of(Stream stream) {
  return stream == Stream::out ? 0 : 1;
}

}  // namespace

std::string ExitStatus::text() const {
  if (signal_number == 0) return fmt::format("exit {}", code);
  return fmt::format("signal {} ({})", signal_number, ::strsignal(signal_number));
}

struct Child::State {
  explicit State(ChildOptions o) : options(std::move(o)), name(options.argv.empty() ? "" : options.argv[0]) {}
  ~State() {
    if (thread.joinable()) {
      abandon = true;
      wake();
      thread.join();
    }
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // Called on any thread.
  void wake() const {
    const std::uint64_t one = 1;
    (void)!::write(wake_fd.get(), &one, sizeof one);
  }
  bool send_signal(int number, To to) {
    const std::lock_guard lock(mutex);
    if (reaped || pid <= 0) return false;
    told = true;  // before the signal: the child may have ended when kill() returns
    return ::kill(to == To::group ? -pid : pid, number) == 0;
  }

  struct Ends {
    UniqueFd in, out, err;
  };
  Result<Ends> make_pipes();
  Result<Ends> make_terminal();

  // The child's thread.
  void run(std::promise<Result<void>> started, UniqueFd in, UniqueFd out, UniqueFd err);
  void loop();
  bool read_some(Stream stream);
  void write_some();
  void take(Stream stream, std::string_view bytes);
  void cut_lines(std::string_view bytes);
  void stream_ended(Stream stream);
  void on_exit();
  void await_session() const;
  void kill_session();
  Micros now() const {
    if (options.clock != nullptr) return options.clock->now();
    return std::chrono::duration_cast<Micros>(SteadyClock::now() - start);
  }

  const ChildOptions options;
  const std::string name;
  const SteadyClock::time_point start = SteadyClock::now();
  UniqueFd wake_fd, pid_fd, in_fd;
  std::array<UniqueFd, 2> out_fd;  // by index_of()
  std::atomic<bool> told{false};   // a signal was sent
  std::atomic<bool> abandon{false};

  mutable std::mutex mutex;
  std::condition_variable changed;
  pid_t pid = 0;
  bool reaped = false;
  bool finished = false;  // reaped, drained
  ExitStatus status;
  std::vector<OutputChunk> chunks;
  std::array<std::uint64_t, 2> kept{}, seen{};
  std::vector<ProcessInfo> left;
  std::deque<std::string> lines;
  std::size_t line_bytes = 0;  // in `lines`
  std::string partial;
  std::string line_error;
  bool lines_ended = false;
  std::string to_write;
  std::uint64_t written = 0;
  bool close_requested = false;
  int write_error = 0;

  std::thread thread;  // last: it uses all the others
};

void Child::State::run(std::promise<Result<void>> started, UniqueFd in, UniqueFd out, UniqueFd err) {
  // A write to a child that is gone must give EPIPE, not kill us; and handlers belong to other threads.
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);

  std::vector<std::string> argv = options.through;
  argv.insert(argv.end(), options.argv.begin(), options.argv.end());
  Result<pid_t> launched = options.through.empty() ? Result<pid_t>(0) : is_there(options);
  if (launched) {
    launched = launch({std::move(argv), options.environment, options.directory, options.sandbox, in.get(),
                       out.get(), err.get(), options.inherit, options.terminal.has_value()});
  }
  in.reset();
  out.reset();
  err.reset();
  if (!launched) {
    started.set_value(tl::unexpected(launched.error()));
    return;
  }
  pid = *launched;
  pid_fd.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pid_fd) {
    const int error = errno;
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    started.set_value(fail(fmt::format("cannot watch {}: {}", name, std::strerror(error))));
    return;
  }
  if (options.sandbox != nullptr) options.sandbox->program_started(pid);
  started.set_value({});
  loop();
  const std::lock_guard lock(mutex);
  finished = true;
  changed.notify_all();
}

void Child::State::loop() {
  std::optional<SteadyClock::time_point> give_up;  // set when the child is gone and only a pipe is still open
  std::optional<SteadyClock::time_point> pause_ends;  // set when stdout first had something
  while (true) {
    if (abandon && !reaped) kill_session();
    if (reaped && (abandon || (!out_fd[0] && !out_fd[1]))) break;
    if (give_up && SteadyClock::now() >= *give_up) break;

    bool want_write = false, want_out = true;
    {
      const std::lock_guard lock(mutex);
      want_write = in_fd && !to_write.empty();
      if (in_fd && close_requested && to_write.empty()) in_fd.reset();
      want_out =
          lines.empty() || line_bytes < 4 * options.line_limit;  // else the reader is behind: let it wait
    }
    const bool paused = pause_ends && SteadyClock::now() < *pause_ends;
    std::array<pollfd, 5> wait = {{{wake_fd.get(), POLLIN, 0},
                                   {reaped ? -1 : pid_fd.get(), POLLIN, 0},
                                   {(want_out && !paused) || reaped ? out_fd[0].get() : -1, POLLIN, 0},
                                   {out_fd[1].get(), POLLIN, 0},
                                   {in_fd.get(), static_cast<short>(want_write ? POLLOUT : 0), 0}}};
    int timeout = -1;
    if (const auto& until = give_up ? give_up : pause_ends; give_up || paused) {
      const auto left_over =
          std::chrono::duration_cast<std::chrono::milliseconds>(*until - SteadyClock::now());
      timeout = std::max(0, static_cast<int>(left_over.count()) + 1);
    }
    if (::poll(wait.data(), wait.size(), timeout) < 0 && errno != EINTR) break;
    if (wait[0].revents != 0) {
      std::uint64_t count = 0;
      (void)!::read(wake_fd.get(), &count, sizeof count);
    }
    if (wait[2].revents != 0) {
      if (options.stdout_pause > Micros(0) && !pause_ends && !reaped) {
        pause_ends = SteadyClock::now() + options.stdout_pause;
      } else {
        read_some(Stream::out);
      }
    }
    if (wait[3].revents != 0) read_some(Stream::err);
    if (wait[4].revents != 0) write_some();
    if (wait[1].revents != 0 && !reaped) {
      on_exit();
      give_up = SteadyClock::now() + kEscapeeGrace;
    }
  }
  stream_ended(Stream::out);
  stream_ended(Stream::err);
}

// False when there is nothing more for now.
bool Child::State::read_some(Stream stream) {
  UniqueFd& fd = out_fd[index_of(stream)];
  if (!fd) return false;
  std::array<char, 65536> buffer;
  std::uint64_t most = buffer.size();
  // Not one byte more than the reader wants: who takes all that a pipe holds lets the writer finish.
  if (stream == Stream::out) most = std::min(most, options.stdout_bytes - seen[0]);
  const auto n = ::read(fd.get(), buffer.data(), most);
  if (n > 0) {
    take(stream, {buffer.data(), static_cast<std::size_t>(n)});
    if (stream == Stream::out && seen[0] >= options.stdout_bytes) stream_ended(stream);
    return true;
  }
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return errno == EINTR;
  stream_ended(stream);
  return false;
}

void Child::State::write_some() {
  const std::lock_guard lock(mutex);
  if (!to_write.empty()) {
    const auto n = ::write(in_fd.get(), to_write.data(), to_write.size());
    if (n > 0) {
      to_write.erase(0, static_cast<std::size_t>(n));
      written += static_cast<std::uint64_t>(n);
    }
    if (n >= 0 || errno == EAGAIN || errno == EINTR) {
      if (to_write.empty()) changed.notify_all();
      return;
    }
    write_error = errno;
  } else {
    write_error = EPIPE;  // POLLERR: the reading end was closed
  }
  in_fd.reset();
  changed.notify_all();
}

void Child::State::take(Stream stream, std::string_view bytes) {
  OutputChunk chunk{now(), stream, std::string(bytes)};
  if (options.on_output) options.on_output(chunk);
  const std::lock_guard lock(mutex);
  const auto index = index_of(stream);
  seen[index] += bytes.size();
  if (options.sandbox != nullptr && seen[index] > options.sandbox->limits().output)
    options.sandbox->reached(fmt::format("{} MiB of output", options.sandbox->limits().output >> 20U));
  if (options.lines && stream == Stream::out) cut_lines(bytes);
  const auto room = options.output_limit - static_cast<std::size_t>(kept[index]);
  if (chunk.bytes.size() > room) chunk.bytes.resize(room);
  kept[index] += chunk.bytes.size();
  if (!chunk.bytes.empty()) chunks.push_back(std::move(chunk));
  changed.notify_all();
}

// Under the lock.
void Child::State::cut_lines(std::string_view bytes) {
  while (!bytes.empty() && line_error.empty()) {
    const auto end = bytes.find('\n');
    partial += bytes.substr(0, end);
    if (partial.size() > options.line_limit) {
      line_error = fmt::format("{} wrote a line of more than {} bytes", name, options.line_limit);
      partial.clear();
      return;
    }
    if (end == std::string_view::npos) return;
    if (partial.ends_with('\r')) partial.pop_back();
    line_bytes += partial.size();
    lines.push_back(std::exchange(partial, {}));
    bytes.remove_prefix(end + 1);
  }
}

void Child::State::stream_ended(Stream stream) {
  out_fd[index_of(stream)].reset();
  if (stream != Stream::out) return;
  const std::lock_guard lock(mutex);
  if (!partial.empty()) lines.push_back(std::exchange(partial, {}));
  lines_ended = true;
  changed.notify_all();
}

// The child is a zombie: its number is still ours, so its session can be found and cannot be another's.
void Child::State::on_exit() {
  if (told) await_session();
  while (read_some(Stream::out)) {
  }
  while (read_some(Stream::err)) {
  }
  {
    auto members = options.sandbox != nullptr ? options.sandbox->left_by(pid) : session_members(pid);
    const std::lock_guard lock(mutex);
    if (!abandon) left = std::move(members);
  }
  kill_session();
  int raw = 0;
  const std::lock_guard lock(mutex);
  while (::waitpid(pid, &raw, 0) < 0 && errno == EINTR) {
  }
  status = WIFSIGNALED(raw) ? ExitStatus{0, WTERMSIG(raw)} : ExitStatus{WEXITSTATUS(raw), 0};
  if (options.sandbox != nullptr && status.signal_number == SIGXCPU)
    options.sandbox->reached(fmt::format("{} s of processor time", options.sandbox->limits().cpu_seconds));
  reaped = true;
  if (in_fd) {
    in_fd.reset();
    write_error = EPIPE;
  }
  changed.notify_all();
}

// Those that got the same signal, or were told of it by the child, end a moment sooner or later than the
// child: none of them was left behind.
void Child::State::await_session() const {
  const auto until = SteadyClock::now() + kSessionGrace;
  for (const ProcessInfo& member : session_members(pid)) {
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, member.pid, 0)));
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - SteadyClock::now()).count();
    pollfd ended{process.get(), POLLIN, 0};
    if (process) (void)::poll(&ended, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
  }
}

void Child::State::kill_session() {
  ::kill(-pid, SIGKILL);
  // Those that made groups of their own. A few rounds, because one may fork while it is looked at.
  for (int round = 0; round < 4; ++round) {
    const auto members = session_members(pid);
    if (members.empty()) return;
    for (const ProcessInfo& member : members) ::kill(member.pid, SIGKILL);
  }
}

Child::Child(std::unique_ptr<State> state) : state_(std::move(state)) {}
Child::Child(Child&&) noexcept = default;
Child& Child::operator=(Child&&) noexcept = default;
Child::~Child() = default;

// The ends that the child gets; ours go to the state.
Result<Child::State::Ends> Child::State::make_pipes() {
  auto in = make_pipe();
  auto out = make_pipe();
  auto err = make_pipe();
  if (!in || !out || !err) return fail("no descriptors left");
  if (options.stdin_mode == StdinMode::pipe) {
    set_nonblocking(in->write.get());
    in_fd = std::move(in->write);
  } else {
    in->read.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    in->write.reset();
  }
  set_nonblocking(out->read.get());
  set_nonblocking(err->read.get());
  out_fd = {std::move(out->read), std::move(err->read)};
  return Ends{std::move(in->read), std::move(out->write), std::move(err->write)};
}

Result<Child::State::Ends> Child::State::make_terminal() {
  // A sandbox has terminals of its own: the program finds the name of one of them there.
  auto terminal = options.sandbox == nullptr
                      ? open_terminal(*options.terminal)
                      : open_terminal(*options.terminal,
                                      fmt::format("/proc/{}/root/dev/pts/ptmx", options.sandbox->init()));
  if (!terminal) return tl::unexpected(terminal.error());
  const auto copy = [](const UniqueFd& fd) { return UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)); };
  Ends ends{copy(terminal->slave), copy(terminal->slave), std::move(terminal->slave)};
  in_fd = copy(terminal->master);
  out_fd[index_of(Stream::out)] = std::move(terminal->master);
  if (!ends.in || !ends.out || !in_fd) return fail("no descriptors left");
  return ends;
}

Result<Child> Child::start(ChildOptions options) {
  auto state = std::make_unique<State>(std::move(options));
  const std::string wrong = "cannot start " + state->name + ": ";
  state->wake_fd.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!state->wake_fd) return fail(wrong + "no descriptors left");
  auto ends = state->options.terminal ? state->make_terminal() : state->make_pipes();
  if (!ends) return fail(wrong + ends.error().message);

  std::promise<Result<void>> started;
  auto answer = started.get_future();
  state->thread = std::thread(&State::run, state.get(), std::move(started), std::move(ends->in),
                              std::move(ends->out), std::move(ends->err));
  if (auto result = answer.get(); !result) return tl::unexpected(result.error());
  return Child(std::move(state));
}

pid_t Child::pid() const {
  return state_->pid;
}

bool Child::running() const {
  const std::lock_guard lock(state_->mutex);
  return !state_->reaped;
}

Result<void> Child::write(std::string_view bytes, Micros deadline) {
  State& s = *state_;
  std::unique_lock lock(s.mutex);
  if ((s.options.stdin_mode != StdinMode::pipe && !s.options.terminal) || s.close_requested) {
    return fail(s.name + " has no open standard input");
  }
  const auto broken = [&] { return fail(s.name + " closed its standard input"); };
  if (s.write_error != 0) return broken();
  s.to_write += bytes;
  const std::uint64_t target = s.written + s.to_write.size();
  s.wake();
  s.changed.wait_for(lock, deadline, [&] { return s.write_error != 0 || s.written >= target; });
  if (s.written >= target) return {};  // whatever became of the child since
  if (s.write_error != 0) return broken();
  return fail(fmt::format("timed out after {} waiting for {} to read its standard input",
                          format_duration(deadline), s.name));
}

void Child::close_stdin() {
  const std::lock_guard lock(state_->mutex);
  state_->close_requested = true;
  state_->wake();
}

Result<std::optional<std::string>> Child::read_line(Micros deadline) {
  State& s = *state_;
  std::unique_lock lock(s.mutex);
  const bool done = s.changed.wait_for(
      lock, deadline, [&] { return !s.lines.empty() || !s.line_error.empty() || s.lines_ended; });
  if (!s.lines.empty()) {
    std::string line = std::move(s.lines.front());
    s.lines.pop_front();
    s.line_bytes -= std::min(s.line_bytes, line.size());
    s.wake();
    return std::optional(std::move(line));
  }
  if (!s.line_error.empty()) return fail(s.line_error);
  if (done) return std::optional<std::string>();
  return fail(
      fmt::format("timed out after {} waiting for a line from {}", format_duration(deadline), s.name));
}

bool Child::signal(int number, To to) const {
  return state_->send_signal(number, to);
}

Result<ExitStatus> Child::wait(Micros deadline) {
  State& s = *state_;
  std::unique_lock lock(s.mutex);
  if (s.changed.wait_for(lock, deadline, [&] { return s.finished; })) return s.status;
  return fail(fmt::format("timed out after {} waiting for {} to end", format_duration(deadline), s.name));
}

Result<ExitStatus> Child::stop(Micros grace) {
  signal(SIGTERM);
  if (auto ended = wait(grace)) return ended;
  signal(SIGKILL);
  return wait(std::chrono::seconds(10));
}

std::vector<OutputChunk> Child::chunks() const {
  const std::lock_guard lock(state_->mutex);
  return state_->chunks;
}

std::string Child::text(Stream stream) const {
  const std::lock_guard lock(state_->mutex);
  std::string out;
  for (const OutputChunk& chunk : state_->chunks) {
    if (chunk.stream == stream) out += chunk.bytes;
  }
  return out;
}

std::uint64_t Child::bytes_seen(Stream stream) const {
  const std::lock_guard lock(state_->mutex);
  return state_->seen[index_of(stream)];
}

std::vector<ProcessInfo> Child::left_behind() const {
  const std::lock_guard lock(state_->mutex);
  return state_->left;
}

}  // namespace assay::process
