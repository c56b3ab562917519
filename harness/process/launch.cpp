#include "harness/process/launch.h"

// Boost.Process v2 as Debian has it (1.81) has traps that the code below works around:
// - `process_environment` does not own its strings: the launcher's `env` pointer is set instead;
// - `close_all_fds` leaves what lies between 3 and its own pipe open, and closes all above it: close_range()
//   marks all close-on-exec, and what the program is to get is on the launcher's list whatever its number;
// - a failed exec runs exit(), with the destructors of a forked copy of this process: `on_exec_error` ends
// it;
// - a failed exec leaves a zombie: it is reaped here;
// - `exit_code()` cannot tell exit 9 from SIGKILL: waiting is Child's own work.
#define BOOST_PROCESS_USE_STD_FS 1
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
// Process v2 uses these without including them.
#include <boost/optional.hpp>
#include <boost/type_traits/decay.hpp>
#include <boost/type_traits/is_convertible.hpp>

#include <boost/process/v2/posix/default_launcher.hpp>
#include <boost/process/v2/process.hpp>
#include <cerrno>
#include <climits>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "harness/base/text.h"
#include "harness/process/after_fork.h"

namespace assay::process {
namespace {

namespace bp = boost::process::v2;

// Runs between fork and exec: async-signal-safe calls only.
struct Setup {
  const LaunchSpec* spec;
  const char* const* argv;

  template <typename Launcher>
  bp::error_code on_setup(Launcher&, const bp::filesystem::path&, const char* const*(&command_line)) const {
    command_line = argv;
    return {};
  }

  template <typename Launcher>
  bp::error_code on_exec_setup(Launcher& launcher, const bp::filesystem::path&, const char* const*&) const {
    const auto failed = [] { return bp::error_code(errno, bp::system_category()); };
    if (::setsid() < 0) return failed();
    reset_signals();
    // Nobody starts a client with rights that a cell's worker has over its cell.
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    // The launcher's error pipe and our own descriptors may lie at 0..2 already: move ours out of the way
    // first.
    const int in = ::fcntl(spec->in, F_DUPFD_CLOEXEC, 3);
    const int out = ::fcntl(spec->out, F_DUPFD_CLOEXEC, 3);
    const int err = ::fcntl(spec->err, F_DUPFD_CLOEXEC, 3);
    if (in < 0 || out < 0 || err < 0) return failed();
    if (::dup2(in, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(err, 2) < 0) return failed();
    if (spec->terminal && ::ioctl(0, TIOCSCTTY, 0) != 0) return failed();
    ::syscall(SYS_close_range, 3U, UINT_MAX, CLOSE_RANGE_CLOEXEC);
    if (spec->inherit >= 0 && ::fcntl(spec->inherit, F_SETFD, 0) != 0) return failed();
    if (spec->sandbox != nullptr && !spec->sandbox->enter()) return failed();
    // After the credentials have changed, which resets it. The parent may be gone already: then there is
    // nobody to be killed with. Inside a sandbox it has no number.
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return failed();
    if (const pid_t now = ::getppid(); now != (spec->sandbox != nullptr ? 0 : parent)) ::_exit(127);
    if (!spec->directory.empty() && ::chdir(spec->directory.c_str()) != 0) return failed();
    (void)launcher;
    return {};
  }

  template <typename... Anything>
  void on_exec_error(Anything&&...) const {
    ::_exit(127);
  }

  pid_t parent = ::getpid();
};

std::string text_of(int error) {
  return std::generic_category().message(error);
}

}  // namespace

Result<std::string> find_program(const std::string& name, const std::vector<std::string>& environment) {
  const auto check = [](const std::string& path) -> int {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) return ENOENT;
    if (std::filesystem::is_directory(status)) return EACCES;
    return ::access(path.c_str(), X_OK) == 0 ? 0 : errno;
  };
  if (name.find('/') != std::string::npos) return name;
  constexpr std::string_view kPath = "PATH=";
  int worst = ENOENT;
  for (const std::string& variable : environment) {
    if (!variable.starts_with(kPath)) continue;
    for (const auto folder : split(std::string_view(variable).substr(kPath.size()), ':')) {
      if (folder.empty()) continue;
      std::string path = std::string(folder) + "/" + name;
      const int error = check(path);
      if (error == 0) return path;
      if (error != ENOENT) worst = error;
    }
    break;
  }
  return fail(text_of(worst));
}

Result<pid_t> launch(const LaunchSpec& spec) {
  if (spec.argv.empty() || spec.argv.front().empty()) return fail("cannot start a program without a name");
  const std::string wrong = "cannot start " + spec.argv.front() + ": ";
  const auto path = find_program(spec.argv.front(), spec.environment);
  if (!path) return fail(wrong + path.error().message);
  if (!spec.directory.empty()) {
    std::error_code error;
    if (!std::filesystem::is_directory(spec.directory, error)) {
      return fail(wrong + "its directory " + spec.directory + " is not there");
    }
  }

  std::vector<const char*> argv;
  for (const std::string& argument : spec.argv) argv.push_back(argument.c_str());
  argv.push_back(nullptr);
  std::vector<const char*> environment;
  for (const std::string& variable : spec.environment) environment.push_back(variable.c_str());
  environment.push_back(nullptr);

  boost::asio::io_context context;
  bp::posix::default_launcher launcher;
  launcher.env = environment.data();
  if (spec.inherit >= 0) launcher.fd_whitelist.push_back(spec.inherit);
  bp::error_code error;
  if (spec.sandbox != nullptr) {
    if (auto adopted = spec.sandbox->adopt_next_child(); !adopted)
      return fail(wrong + adopted.error().message);
  }
  auto process = launcher(context.get_executor(), error, std::filesystem::path(*path),
                          std::vector<std::string>(), Setup{&spec, argv.data()});
  if (spec.sandbox != nullptr) Sandbox::stop_adopting();
  if (error) {
    if (launcher.pid > 0) ::waitpid(launcher.pid, nullptr, 0);
    return fail(wrong + text_of(error.value()));
  }
  const pid_t pid = process.id();
  process.detach();
  return pid;
}

}  // namespace assay::process
