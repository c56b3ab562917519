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

void map_own_user(const Steps& steps, const CellPlan& plan) {
  steps.must(write_text("/proc/self/setgroups", "deny"), "deny setgroups");
  steps.must(write_text("/proc/self/uid_map", plan.uid_map), "map the user");
  steps.must(write_text("/proc/self/gid_map", plan.gid_map), "map the group");
}

// Called when the parent has mapped the users: takes the cell's own, who is nobody that the machine knows.
void become(const Steps& steps, const CellPlan& plan) {
  char mapped = 0;
  ssize_t n = 0;
  while ((n = ::read(plan.lifeline, &mapped, 1)) < 0 && errno == EINTR) {
  }
  if (n == 0) ::_exit(1);
  steps.must(n == 1, "wait for the users to be mapped");
  // The C library's own functions would tell the threads of the process that this is a copy of.
  const auto id = plan.become;
  steps.must(::syscall(SYS_setgroups, 0, nullptr) == 0 && ::syscall(SYS_setresgid, id, id, id) == 0 &&
                 ::syscall(SYS_setresuid, id, id, id) == 0,
             "become the cell's user");
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

// All descriptors but 2 and the given ones, which are in order and end with -1, so that no pipe of another
// cell or child is held open from here.
void close_all_but(const int* keep) {
  ::close(0);
  ::close(1);
  unsigned first = 3;
  for (; *keep >= 0; ++keep) {
    const auto number = static_cast<unsigned>(*keep);
    if (number > first) ::syscall(SYS_close_range, first, number - 1, 0);
    if (number >= first) first = number + 1;
  }
  ::syscall(SYS_close_range, first, UINT_MAX, 0);
}

}  // namespace

void cell_init(const CellPlan& plan) {
  const Steps steps(plan.report);
  close_all_but(plan.keep);
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::setsid();  // Ctrl-C at the terminal is the runner's affair
  if (plan.become != 0)
    become(steps, plan);
  else
    map_own_user(steps, plan);
  if (const char* failed = make_cell_root(plan.root); failed != nullptr) steps.must(false, failed);
  if (!plan.network) raise_loopback(steps, plan);
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
