#include "harness/process/sandbox_init.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "harness/process/after_fork.h"

namespace assay::process {
namespace {

class SandboxSteps {
 public:
  explicit SandboxSteps(int report) : report_(report) {}

  void must(bool done, const char* what) const {
    if (done) return;
    SandboxReport report;
    report.error = errno;
    std::strncpy(report.what, what, sizeof report.what - 1);
    (void)!::write(report_, &report, sizeof report);
    ::_exit(1);
  }
  void stands() const {
    const SandboxReport report;
    (void)!::write(report_, &report, sizeof report);
    ::close(report_);
  }

 private:
  int report_;
};

// Orphans come to pid 1; it ends only when it is killed, and the kernel kills the others with it.
[[noreturn]] void reap_for_ever() {
  sigset_t child;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  while (true) {
    ::sigwaitinfo(&child, nullptr);
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  }
}

}  // namespace

void sandbox_init(const SandboxPlan& plan) {
  const SandboxSteps steps(plan.report);
  ::close(0);
  ::close(1);
  ::close(2);
  close_range_but(plan.report);
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::setsid();
  // Refused where an outer namespace has denied it already.
  (void)write_text("/proc/self/setgroups", "deny");
  steps.must(write_text("/proc/self/uid_map", plan.uid_map), "map the user");
  steps.must(write_text("/proc/self/gid_map", plan.gid_map), "map the group");
  // This is a copy of the worker: what is in its memory is nobody's business.
  steps.must(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, "protect its memory");
  steps.must(::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0, "mount /proc");
  steps.must(::mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
                     "newinstance,ptmxmode=0666,mode=0620") == 0,
             "mount /dev/pts");
  mount_attr read_only{};
  read_only.attr_set = MOUNT_ATTR_RDONLY;
  steps.must(::syscall(SYS_mount_setattr, AT_FDCWD, "/run/assay", 0, &read_only, sizeof read_only) == 0,
             "protect what the worker keeps");
  steps.must(::chdir("/") == 0, "change to /");
  steps.stands();
  reap_for_ever();
}

}  // namespace assay::process
