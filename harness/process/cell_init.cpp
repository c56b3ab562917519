#include "harness/process/cell_init.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

#include "harness/process/after_fork.h"

namespace assay::process {
namespace {

// Reports the first thing that fails, and ends.
class Steps {
 public:
  explicit Steps(int report) : report_(report) {}

  void must(bool done, const char* what) const {
    if (done) return;
    CellReport report;
    report.value = errno;
    std::strncpy(report.what, what, sizeof report.what - 1);
    (void)!::write(report_, &report, sizeof report);
    ::_exit(1);
  }
  void tell(CellReport::Kind kind, int value) const {
    CellReport report;
    report.kind = kind;
    report.value = value;
    (void)!::write(report_, &report, sizeof report);
  }

 private:
  int report_;
};

bool write_text(const char* path, const char* text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const auto size = std::strlen(text);
  const bool done = ::write(fd, text, size) == static_cast<ssize_t>(size);
  const int error = errno;
  ::close(fd);
  errno = error;
  return done;
}

void map_users(const Steps& steps, const CellPlan& plan) {
  steps.must(write_text("/proc/self/setgroups", "deny"), "deny setgroups");
  steps.must(write_text("/proc/self/uid_map", plan.uid_map), "map the user");
  steps.must(write_text("/proc/self/gid_map", plan.gid_map), "map the group");
}

// A directory that goes on showing what the machine has, but whose changes go to `upper`.
bool overlay(const char* directory, const char* options) {
  return ::mount("overlay", directory, "overlay", MS_NOSUID | MS_NODEV, options) == 0;
}

void mount_private_files(const Steps& steps, const CellPlan& plan) {
  steps.must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "make mounts private");
  mount_attr read_only{};
  read_only.attr_set = MOUNT_ATTR_RDONLY;
  steps.must(::syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &read_only, sizeof read_only) == 0,
             "make the file system read-only");
  steps.must(::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0, "mount /proc");
  // The memory behind the overlays is mounted where another mount hides it afterwards.
  steps.must(::mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, plan.tmp_options) == 0,
             "mount a tmpfs");
  for (const char* directory : {"/dev/shm/tmp", "/dev/shm/var-tmp", "/dev/shm/shm"}) {
    steps.must(::mkdir(directory, 0777) == 0 && ::chmod(directory, 01777) == 0, "make a directory in memory");
  }
  for (const char* directory : {"/dev/shm/tmp-work", "/dev/shm/var-tmp-work"}) {
    steps.must(::mkdir(directory, 0700) == 0, "make a directory in memory");
  }
  steps.must(overlay("/tmp", "lowerdir=/tmp,upperdir=/dev/shm/tmp,workdir=/dev/shm/tmp-work"),
             "overlay /tmp");
  steps.must(
      overlay("/var/tmp", "lowerdir=/var/tmp,upperdir=/dev/shm/var-tmp,workdir=/dev/shm/var-tmp-work") ||
          errno == ENOENT,  // a small container has none
      "overlay /var/tmp");
  steps.must(::mount("/dev/shm/shm", "/dev/shm", nullptr, MS_BIND, nullptr) == 0, "mount /dev/shm");
}

// One RTM_NEWROUTE: `local default dev lo`, in the table of local addresses, so that every address is ours.
bool make_every_address_local(int family) {
  struct {
    nlmsghdr header;
    rtmsg route;
    rtattr attribute;
    std::uint32_t interface;
  } message{};
  message.header.nlmsg_len = sizeof message;
  message.header.nlmsg_type = RTM_NEWROUTE;
  message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
  message.route.rtm_family = static_cast<unsigned char>(family);
  message.route.rtm_table = RT_TABLE_LOCAL;
  message.route.rtm_protocol = RTPROT_BOOT;
  message.route.rtm_scope = RT_SCOPE_HOST;
  message.route.rtm_type = RTN_LOCAL;
  message.attribute.rta_type = RTA_OIF;
  message.attribute.rta_len = RTA_LENGTH(sizeof message.interface);
  message.interface = 1;  // loopback is the first interface of every network namespace

  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return false;
  struct {
    nlmsghdr header;
    nlmsgerr error;
    std::array<char, 256> rest;
  } answer{};
  const bool sent = ::send(fd, &message, sizeof message, 0) == static_cast<ssize_t>(sizeof message) &&
                    ::recv(fd, &answer, sizeof answer, 0) > 0;
  int error = sent ? -answer.error.error : errno;
  if (sent && answer.header.nlmsg_type != NLMSG_ERROR) error = EPROTO;
  ::close(fd);
  errno = error;
  return error == 0;
}

void raise_loopback(const Steps& steps, const CellPlan& plan) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  steps.must(fd >= 0, "open a socket");
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP;
  steps.must(::ioctl(fd, SIOCSIFFLAGS, &request) == 0, "bring loopback up");
  ::close(fd);
  if (!plan.catch_all) return;
  steps.must(make_every_address_local(AF_INET), "route every IPv4 address to loopback");
  // Without IPv6 in the kernel, or with it switched off, no IPv6 address can be reached at all.
  steps.must(
      make_every_address_local(AF_INET6) || errno == EAFNOSUPPORT || errno == EOPNOTSUPP || errno == EACCES,
      "route every IPv6 address to loopback");
}

// The worker is no root, so it keeps its rights over the cell through exec only as ambient capabilities.
bool keep_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  if (::syscall(SYS_capget, &header, sets.data()) != 0) return false;
  for (auto& set : sets) set.inheritable = set.permitted;
  if (::syscall(SYS_capset, &header, sets.data()) != 0) return false;
  for (unsigned long capability = 0; capability <= CAP_LAST_CAP; ++capability) {
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0 && errno != EINVAL &&
        errno != EPERM) {
      return false;
    }
  }
  return true;
}

[[noreturn]] void run_worker(const Steps& steps, const CellPlan& plan) {
  reset_signals();
  rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  steps.must(::dup2(plan.worker, 0) == 0 && ::dup2(plan.worker, 1) == 1, "give the worker its line");
  ::syscall(SYS_close_range, 3U, UINT_MAX, CLOSE_RANGE_CLOEXEC);
  steps.must(keep_capabilities(), "keep the worker's rights over its cell");
  ::execve(plan.argv[0], const_cast<char* const*>(plan.argv), const_cast<char* const*>(plan.environment));
  steps.must(false, "execute the worker");
  ::_exit(1);
}

// Reaps whatever is handed to pid 1 until the worker ends or the parent is gone.
[[noreturn]] void reap(const Steps& steps, int lifeline, int signals, pid_t worker) {
  std::array<pollfd, 2> wait = {{{lifeline, POLLIN, 0}, {signals, POLLIN, 0}}};
  while (true) {
    if (::poll(wait.data(), wait.size(), -1) < 0 && errno != EINTR) ::_exit(1);
    if (wait[0].revents != 0) ::_exit(0);
    signalfd_siginfo info{};
    (void)!::read(signals, &info, sizeof info);
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      if (pid != worker) continue;
      steps.tell(CellReport::ended, status);
      ::_exit(0);
    }
  }
}

// All descriptors but the given ones and 2, so that no pipe of another cell or child is held open from here.
void close_all_but(std::array<int, 3> keep) {
  for (std::size_t i = 0; i < keep.size(); ++i) {
    for (std::size_t k = i + 1; k < keep.size(); ++k) {
      if (keep[k] < keep[i]) std::swap(keep[k], keep[i]);
    }
  }
  ::close(0);
  ::close(1);
  unsigned first = 3;
  for (const int fd : keep) {
    const auto number = static_cast<unsigned>(fd);
    if (number > first) ::syscall(SYS_close_range, first, number - 1, 0);
    if (number >= first) first = number + 1;
  }
  ::syscall(SYS_close_range, first, UINT_MAX, 0);
}

}  // namespace

void cell_init(const CellPlan& plan) {
  const Steps steps(plan.report);
  close_all_but({plan.lifeline, plan.report, plan.worker});
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::setsid();  // Ctrl-C at the terminal is the runner's affair
  map_users(steps, plan);
  mount_private_files(steps, plan);
  raise_loopback(steps, plan);
  steps.must(::sethostname("cell", 4) == 0, "name the host");
  steps.must(::chdir("/") == 0, "change to /");

  sigset_t child;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  const int signals = ::signalfd(-1, &child, SFD_CLOEXEC);
  steps.must(signals >= 0, "watch children");
  if (plan.argv == nullptr) {
    steps.tell(CellReport::standing, 0);
    ::_exit(0);
  }
  std::array<int, 2> executed{};
  steps.must(::pipe2(executed.data(), O_CLOEXEC) == 0, "open a pipe");
  const auto worker = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
  steps.must(worker >= 0, "fork the worker");
  if (worker == 0) run_worker(Steps(executed[1]), plan);
  ::close(executed[1]);
  CellReport failure;
  if (::read(executed[0], &failure, sizeof failure) > 0) {
    (void)!::write(plan.report, &failure, sizeof failure);
    ::_exit(1);
  }
  ::close(executed[0]);
  steps.tell(CellReport::standing, 0);
  ::close(plan.worker);
  reap(steps, plan.lifeline, signals, worker);
}

}  // namespace assay::process
