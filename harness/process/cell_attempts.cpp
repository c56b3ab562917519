#include "harness/process/cell_attempts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <thread>

#include "harness/base/text.h"

namespace assay::process {
namespace {

constexpr Micros kFirstRest = std::chrono::milliseconds(10);
constexpr Micros kLongestRest = std::chrono::seconds(1);

// Limits of this user namespace; 0 forbids, any other number is reached and left again.
constexpr std::array<const char*, 6> kLimits = {"user", "net", "pid", "mnt", "ipc", "uts"};

// The setting by which the owner of the machine forbids cells, as words; empty when none does.
std::string forbidding_setting(const CellSystem& system) {
  for (const char* kind : kLimits) {
    if (system.setting(fmt::format("/proc/sys/user/max_{}_namespaces", kind).c_str()) == "0")
      return fmt::format("user.max_{}_namespaces is 0", kind);
  }
  if (system.setting("/proc/sys/kernel/unprivileged_userns_clone") == "0")
    return "kernel.unprivileged_userns_clone is 0";
  if (system.setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1")
    return "kernel.apparmor_restrict_unprivileged_userns is 1";
  return {};
}

}  // namespace

CellSystem cell_system() {
  CellSystem out;
  out.setting = [](const char* path) {
    const auto text = read_file(path);
    return text ? std::string(trim(*text)) : std::string();
  };
  out.now = [] {
    return std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now().time_since_epoch());
  };
  out.rest = [](Micros time) { std::this_thread::sleep_for(time); };
  return out;
}

Refusal refusal_of(const NoCell& no, const CellSystem& system) {
  if (no.for_good) return Refusal::for_good;
  switch (no.error) {
    case 0:  // it did not answer, or was killed
    case EAGAIN:
    case ENOMEM:
    case ENOBUFS:
    case EBUSY:
    case EINTR:
    case EMFILE:
    case ENFILE:
    case ETXTBSY:  // the worker is being linked anew
      return Refusal::for_now;
    case ENOSPC:  // a limit of namespaces is reached
      return forbidding_setting(system).empty() ? Refusal::for_now : Refusal::for_good;
    default:
      return Refusal::for_good;
  }
}

std::string explain(const NoCell& no, const CellSystem& system) {
  if (no.error == 0) return "no cell: " + no.what;
  std::string hint;
  if (no.error == EMFILE) hint = "raise the limit of open files, ulimit -n, or run fewer cells with -j";
  if (no.error == EPERM || no.error == EACCES || no.error == ENOSPC) {
    hint = forbidding_setting(system);
    if (hint.empty() && no.error == EPERM)
      hint = "a chroot cannot have it; a container may need --security-opt seccomp=unconfined";
    if (hint.empty() && no.error == ENOSPC) hint = "a limit of namespaces, user.max_*_namespaces, is reached";
  }
  return fmt::format("no cell: cannot {}: {}{}", no.what, std::generic_category().message(no.error),
                     hint.empty() ? "" : " (" + hint + ")");
}

std::optional<Refused> try_cells(const std::function<std::optional<NoCell>()>& once, const CellSystem& system,
                                 const Patience& patience) {
  const Micros begun = system.now();
  Micros rest = kFirstRest;
  for (int attempts = 1;; ++attempts) {
    const auto no = once();
    if (!no) return std::nullopt;
    Refused out{refusal_of(*no, system), explain(*no, system)};
    const Micros spent = system.now() - begun;
    if (attempts > 1)
      out.reason += fmt::format(", tried {} times in {} ms", attempts,
                                std::chrono::duration_cast<std::chrono::milliseconds>(spent).count());
    const bool enough = attempts > 1 && spent + rest > patience.total;
    // Nothing that we wait for closes files of ours.
    const bool hopeless = no->error == EMFILE;
    if (out.kind == Refusal::for_good || hopeless || enough || (patience.give_up && patience.give_up()))
      return out;
    system.rest(rest);
    rest = std::min(rest * 2, kLongestRest);
  }
}

}  // namespace assay::process
