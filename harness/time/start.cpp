#include "harness/time/start.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "harness/base/unique_fd.h"
#include "harness/time/call_filter.h"
#include "harness/time/tracer.h"

namespace assay::casetime {
namespace {

struct Request {
  TimedOptions options;
  char** program = nullptr;
};

std::optional<Request> parse(int argc, char** argv) {
  Request request;
  int at = 2;
  for (; at < argc && std::string_view(argv[at]) != "--"; ++at) {
    const std::string_view word = argv[at];
    if (word == "--hide-vdso") {
      request.options.hide_vdso = true;
    } else if (word.starts_with("--ledger=")) {
      const auto number = word.substr(9);
      std::from_chars(number.data(), number.data() + number.size(), request.options.ledger);
    } else {
      const auto map = parse_clock_map(word);
      const auto rate = parse_rate(word);
      if (!map && !rate) return std::nullopt;
      request.options.map = map ? *map : ClockMap::begin(*rate);
    }
  }
  if (at + 1 >= argc) return std::nullopt;
  request.program = argv + at + 1;
  return request;
}

// The tracer keeps nothing of the program: no descriptor, no folder, no terminal.
void leave_everything(int sync, int ledger) {
  ::setsid();
  ::prctl(PR_SET_NAME, "assay-time");
  const int null = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) ::dup2(null, fd);
  const auto low = static_cast<unsigned>(std::min(sync, ledger < 0 ? sync : ledger));
  const auto high = static_cast<unsigned>(std::max(sync, ledger));
  if (low > 3) ::syscall(SYS_close_range, 3U, low - 1, 0);
  if (high > low + 1) ::syscall(SYS_close_range, low + 1, high - 1, 0);
  ::syscall(SYS_close_range, high + 1, UINT_MAX, 0);
  (void)!::chdir("/");
}

// Whole values over the pair of sockets; a preloaded library of a case may break calls off.
template <typename T>
bool send(int fd, const T& value) {
  ssize_t n = 0;
  while ((n = ::write(fd, &value, sizeof value)) < 0 && errno == EINTR) {
  }
  return n == sizeof value;
}
template <typename T>
bool receive(int fd, T& value) {
  ssize_t n = 0;
  while ((n = ::read(fd, &value, sizeof value)) < 0 && errno == EINTR) {
  }
  return n == sizeof value;
}

[[noreturn]] void be_the_tracer(const Request& request, int sync, pid_t program) {
  leave_everything(sync, request.options.ledger);
  auto ledger = request.options.ledger < 0 ? Ledger::create() : Ledger::open(request.options.ledger);
  // The program names us as the one that may trace it, which Yama demands.
  const pid_t self = ledger ? ::getpid() : -1;
  char go = 0;
  if (!send(sync, self) || !ledger || !receive(sync, go)) ::_exit(1);
  const int error = attach(program);
  if (error != 0)
    ledger->add_note(Note::uncompressed, std::string("ptrace is forbidden here: ") + std::strerror(error));
  send(sync, error);
  ::close(sync);
  if (error == 0) trace({request.options.map, request.options.hide_vdso}, *ledger);
  ::_exit(0);
}

// Starts the tracer and waits until it is attached to this process. Empty, or what went wrong.
std::string start_tracer(const Request& request) {
  // Its number would become that of a socket below.
  if (const int ledger = request.options.ledger; ledger >= 0 && ::fcntl(ledger, F_GETFD) < 0)
    return "descriptor " + std::to_string(ledger) + ", the ledger, is not open";
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) return std::strerror(errno);
  UniqueFd ours(pair[0]);
  UniqueFd its(pair[1]);
  const pid_t program = ::getpid();
  const pid_t between = ::fork();
  if (between < 0) return std::strerror(errno);
  if (between == 0) {  // the program must not find a child that it did not start
    const pid_t tracer = ::fork();
    if (tracer == 0) be_the_tracer(request, its.get(), program);
    ::_exit(tracer > 0 ? 0 : errno);
  }
  int status = 0;
  while (::waitpid(between, &status, 0) < 0 && errno == EINTR) {
  }
  its.reset();
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0) return std::strerror(WEXITSTATUS(status));
  pid_t tracer = 0;
  if (!receive(ours.get(), tracer)) return "the tracer ended before it was ready";
  if (tracer < 0) return "the tracer found no ledger";
  ::prctl(PR_SET_PTRACER, static_cast<unsigned long>(tracer), 0, 0, 0);
  int error = 0;
  if (!send(ours.get(), '\0') || !receive(ours.get(), error))
    return "the tracer ended before it was attached";
  return error == 0 ? "" : std::strerror(error);
}

std::string set_filter() {
  auto code = call_filter();
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0)
    return {};
  return std::strerror(errno);
}

}  // namespace

std::vector<std::string> timed_command(const std::string& self, const TimedOptions& options,
                                       const std::vector<std::string>& argv) {
  std::vector<std::string> out = {self, kTimedVerb, to_text(options.map)};
  if (options.ledger >= 0) out.push_back("--ledger=" + std::to_string(options.ledger));
  if (options.hide_vdso) out.emplace_back("--hide-vdso");
  out.emplace_back("--");
  out.insert(out.end(), argv.begin(), argv.end());
  return out;
}

// Ends a process that is traced: what runs at the exit of a program (a sanitizer looking for leaks) does not
// work under ptrace.
[[noreturn]] static void leave(int status) {
  std::fflush(nullptr);
  ::_exit(status);
}

std::optional<int> timed_main(int argc, char** argv) {
  if (argc < 2 || std::strcmp(argv[1], kTimedVerb) != 0) return std::nullopt;
  const bool help = argc == 3 && std::strcmp(argv[2], "--help") == 0;
  const auto request = help ? std::nullopt : parse(argc, argv);
  if (!request) {
    std::fprintf(help ? stdout : stderr,
                 "usage: %s %s xN|CLOCK_MAP [--ledger=FD] [--hide-vdso] -- PROGRAM...\n", argv[0],
                 kTimedVerb);
    return help ? 0 : 2;
  }
  std::string error = start_tracer(*request);
  if (error.empty()) {
    if (request->options.ledger >= 0) ::close(request->options.ledger);
    error = set_filter();
  }
  if (!error.empty()) {
    std::fprintf(stderr, "cannot run %s in case time: %s\n", request->program[0], error.c_str());
    leave(kNotTimed);
  }
  ::execvp(request->program[0], request->program);
  std::fprintf(stderr, "cannot start %s: %s\n", request->program[0], std::strerror(errno));
  leave(127);
}

}  // namespace assay::casetime
