// assay doctor: what this machine can do, and how to get the rest.
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "cli/verbs.h"
#include "conformance/runner/case/data.h"
#include "conformance/runner/client/clients.h"
#include "conformance/runner/play/self_check.h"
#include "harness/base/text.h"
#include "harness/base/yaml.h"
#include "harness/process/cell.h"
#include "harness/process/emulate.h"

namespace assay::cli {
namespace {

using namespace conformance;

struct Finding {
  enum State { good, missing, optional } state = State::good;
  std::string what;  // "cells"
  std::string is;    // one line
  std::string how;   // how to get it; empty where it is there
};

std::string setting(const char* path) {
  auto text = read_file(path);
  return text ? std::string(trim(*text)) : std::string();
}

Finding check_data() {
  const auto folder = data_folder();
  if (!folder)
    return {Finding::missing, "data", folder.error().message,
            "install the whole package: share/assay belongs beside bin/"};
  return {Finding::good, "data", *folder, {}};
}

// What most often forbids user namespaces, and the command that allows them.
std::string how_to_get_cells() {
  if (setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1")
    return "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
  if (setting("/proc/sys/kernel/unprivileged_userns_clone") == "0")
    return "sudo sysctl -w kernel.unprivileged_userns_clone=1";
  if (setting("/proc/sys/user/max_user_namespaces") == "0")
    return "sudo sysctl -w user.max_user_namespaces=15000";
  return "in a container: docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined; "
         "or "
         "--no-cells (docs/ci.md)";
}

Finding check_cells() {
  const auto answer = process::cells_available();
  if (answer.kind == process::CellsAnswer::possible)
    return {Finding::good, "cells", "user, network, mount and pid namespaces", {}};
  return {Finding::missing, "cells", answer.reason, how_to_get_cells()};
}

Finding check_time() {
  const SelfCheck check = check_case_time({20 * 1024});
  if (check.wrong.empty())
    return {Finding::good, "time", fmt::format("x20: all {} ways of waiting", check.ways), {}};
  return {Finding::missing, "time", check.wrong.front(),
          setting("/proc/sys/kernel/yama/ptrace_scope") >= "2"
              ? "sudo sysctl -w kernel.yama.ptrace_scope=1"
              : "allow ptrace of own processes (docs/case-time.md)"};
}

Finding check_tls() {
  return {Finding::good,
          "TLS",
          fmt::format("{}; certificates of hosts need cells", OpenSSL_version(OPENSSL_VERSION)),
          {}};
}

Finding check_shims() {
  for (const auto& shim : process::shims())
    if (auto library = process::shim_library(shim.name); !library)
      return {Finding::missing, "shims", library.error().message,
              "install the whole package: lib/assay belongs beside bin/"};
  return {Finding::good, "shims", fmt::format("{} libraries", process::shims().size()), {}};
}

Finding check_clock_offset() {
  process::Emulation emulation;
  emulation.clock_offset = std::chrono::hours(1);
  if (process::emulation_environment(emulation)) return {Finding::good, "clock offset", "libfaketime", {}};
  return {Finding::optional, "clock offset", "no libfaketime: cases with `clock:` could not run",
          "apt-get install libfaketime"};
}

Finding check_open_files() {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  const std::string is = files.rlim_max == RLIM_INFINITY ? "unlimited" : fmt::format("{}", files.rlim_max);
  if (files.rlim_max >= 4096) return {Finding::good, "open files", is, {}};
  return {Finding::optional, "open files", is, "ulimit -Hn 20000"};
}

bool on_path(std::string_view program) {
  const char* path = std::getenv("PATH");
  for (const std::string_view folder : split(path != nullptr ? path : "", ':'))
    if (!folder.empty() && access((std::string(folder) + "/" + std::string(program)).c_str(), X_OK) == 0)
      return true;
  return false;
}

// What `assay clients install` builds clients with.
Finding check_toolchains() {
  std::string there, absent;
  for (const char* program : {"node", "npm", "python3", "go", "javac", "mvn", "cargo"})
    (on_path(program) ? there : absent) += std::string(" ") + program;
  const std::string is = there.empty() ? "none" : there.substr(1);
  if (absent.empty()) return {Finding::good, "toolchains", is, {}};
  return {Finding::optional, "toolchains", is,
          "for `assay clients install` of clients in other languages:" + absent};
}

Finding check_mutants() {
  const auto program = mutant_program();
  if (program) return {Finding::good, "mutants", *program, {}};
  return {Finding::missing, "mutants", program.error().message,
          "install the whole package: assay-mutant belongs beside assay"};
}

ExitCode examine() {
  fmt::print("assay {}, {} processors\n", ASSAY_VERSION, std::thread::hardware_concurrency());
  bool whole = true;
  for (const auto& look : {check_data, check_cells, check_time, check_tls, check_shims, check_mutants,
                           check_clock_offset, check_open_files, check_toolchains}) {
    const Finding found = look();
    whole = whole && found.state != Finding::missing;
    fmt::print("{:8}  {:12}  {}\n",
               found.state == Finding::good      ? "ok"
               : found.state == Finding::missing ? "missing"
                                                 : "optional",
               found.what, found.is);
    if (!found.how.empty()) fmt::print("{:24}to get it: {}\n", "", found.how);
    std::fflush(stdout);
  }
  return whole ? ExitCode::ok : ExitCode::incomplete;
}

}  // namespace

void add_doctor(CLI::App& app, Action& action) {
  app.add_subcommand("doctor",
                     "Show what this machine can do (cells, time, TLS, toolchains) and how to get the rest")
      ->callback([&action] { action = examine; });
}

}  // namespace assay::cli
