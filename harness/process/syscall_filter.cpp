#include "harness/process/syscall_filter.h"

#include <fmt/format.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "harness/base/unique_fd.h"

namespace assay::process {
namespace {

struct Refused {
  const char* name;
  int error;
};
// ENOSYS for what programs try and do without, EPERM for the rest.
constexpr Refused kRefused[] = {{"io_uring_setup", ENOSYS},
                                {"io_uring_enter", ENOSYS},
                                {"io_uring_register", ENOSYS},
                                {"userfaultfd", ENOSYS},
                                {"bpf", EPERM},
                                {"perf_event_open", EPERM},
                                {"keyctl", EPERM},
                                {"add_key", EPERM},
                                {"request_key", EPERM},
                                {"open_by_handle_at", EPERM},
                                {"kexec_load", EPERM},
                                {"kexec_file_load", EPERM},
                                {"init_module", EPERM},
                                {"finit_module", EPERM},
                                {"delete_module", EPERM},
                                {"swapon", EPERM},
                                {"swapoff", EPERM},
                                {"reboot", EPERM},
                                {"acct", EPERM},
                                {"quotactl", EPERM},
                                {"syslog", EPERM},
                                {"fanotify_init", EPERM},
                                {"lookup_dcookie", EPERM},
                                {"nfsservctl", ENOSYS}};
// Sockets that are not divided by network namespaces, or lead to machinery of the kernel's own.
constexpr int kRefusedFamilies[] = {AF_VSOCK, AF_ALG, AF_BLUETOOTH, AF_CAN,
                                    AF_TIPC,  AF_RDS, AF_NFC,       AF_QIPCRTR};

}  // namespace

Result<SyscallFilter> make_syscall_filter() {
  const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(seccomp_init(SCMP_ACT_ALLOW),
                                                                seccomp_release);
  const auto wrong = [](int error) {
    return fail(fmt::format("no filter of system calls: {}", std::generic_category().message(-error)));
  };
  if (!filter) return wrong(-ENOMEM);
  // Programs for another instruction set (32 bits) are not known to the rules: they go unfiltered but for
  // those of the architectures that are added, and are never killed.
  (void)seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
  (void)seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  if (seccomp_arch_native() == SCMP_ARCH_X86_64) (void)seccomp_arch_add(filter.get(), SCMP_ARCH_X86);
  if (seccomp_arch_native() == SCMP_ARCH_AARCH64) (void)seccomp_arch_add(filter.get(), SCMP_ARCH_ARM);
  for (const Refused& one : kRefused) {
    const int number = seccomp_syscall_resolve_name(one.name);
    if (number == __NR_SCMP_ERROR) continue;  // this architecture has none
    if (const int error = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(one.error), number, 0); error != 0)
      return wrong(error);
  }
  // Arguments are 32 bits wide, whatever stands above them.
  constexpr scmp_datum_t kInt = 0xffffffff;
  for (const int family : kRefusedFamilies) {
    const auto is_family = SCMP_A0(SCMP_CMP_MASKED_EQ, kInt, static_cast<scmp_datum_t>(family));
    if (const int error =
            seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1, is_family);
        error != 0)
      return wrong(error);
  }
  for (const unsigned long request :
       {static_cast<unsigned long>(TIOCSTI), static_cast<unsigned long>(TIOCLINUX)}) {
    const auto is_request = SCMP_A1(SCMP_CMP_MASKED_EQ, kInt, request);
    if (const int error =
            seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1, is_request);
        error != 0)
      return wrong(error);
  }
  const UniqueFd file(::memfd_create("filter", MFD_CLOEXEC));
  if (!file) return wrong(-errno);
  if (const int error = seccomp_export_bpf(filter.get(), file.get()); error != 0) return wrong(error);
  const auto size = ::lseek(file.get(), 0, SEEK_END);
  SyscallFilter out(static_cast<std::size_t>(size) / sizeof(sock_filter));
  if (size <= 0 || ::pread(file.get(), out.data(), static_cast<std::size_t>(size), 0) != size)
    return wrong(-EIO);
  return out;
}

bool install(const SyscallFilter& filter) noexcept {
  const sock_fprog program{static_cast<unsigned short>(filter.size()),
                           const_cast<sock_filter*>(filter.data())};
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

}  // namespace assay::process
