#include "harness/time/tracee.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <fstream>
#include <string_view>

namespace assay::casetime {
namespace {

std::string proc_path(pid_t thread, const char* name) {
  return "/proc/" + std::to_string(thread) + "/" + name;
}

// The value of a line "Name:\tvalue" of /proc/PID/status.
std::string status_field(pid_t thread, std::string_view name) {
  std::ifstream file(proc_path(thread, "status"));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name)) return line.substr(name.size() + 1);
  }
  return {};
}

// Lets the thread run to its next stop at the border of a system call.
bool run_to_syscall_stop(pid_t thread, std::vector<int>& signals) {
  while (true) {
    if (::ptrace(PTRACE_SYSCALL, thread, nullptr, nullptr) != 0) return false;
    int status = 0;
    if (::waitpid(thread, &status, __WALL) != thread || !WIFSTOPPED(status)) return false;
    if (WSTOPSIG(status) == kSyscallStop) return true;
    if ((status >> 16) == 0) signals.push_back(WSTOPSIG(status));
  }
}

// An address of the other process: the kernel reads it, nobody here.
void* in_tracee(Address address) {
  return reinterpret_cast<void*>(address);  // NOLINT(performance-no-int-to-ptr)
}

}  // namespace

std::optional<Registers> read_registers(pid_t thread) {
  Registers registers{};
  if (::ptrace(PTRACE_GETREGS, thread, nullptr, &registers) != 0) return std::nullopt;
  return registers;
}

bool write_registers(pid_t thread, const Registers& registers) {
  return ::ptrace(PTRACE_SETREGS, thread, nullptr, &registers) == 0;
}

bool read_memory(pid_t thread, Address from, void* to, std::size_t size) {
  const iovec here{to, size};
  const iovec there{in_tracee(from), size};
  return ::process_vm_readv(thread, &here, 1, &there, 1, 0) == static_cast<ssize_t>(size);
}

bool write_memory(pid_t thread, Address to, const void* from, std::size_t size) {
  const iovec here{const_cast<void*>(from), size};
  const iovec there{in_tracee(to), size};
  return ::process_vm_writev(thread, &here, 1, &there, 1, 0) == static_cast<ssize_t>(size);
}

bool write_code(pid_t thread, Address to, const void* from, std::size_t size) {
  const auto* bytes = static_cast<const char*>(from);
  for (std::size_t at = 0; at < size; at += sizeof(long)) {
    long word = 0;
    const std::size_t part = std::min(size - at, sizeof word);
    if (part < sizeof word) {
      errno = 0;
      word = ::ptrace(PTRACE_PEEKDATA, thread, to + at, nullptr);
      if (errno != 0) return false;
    }
    std::memcpy(&word, bytes + at, part);
    if (::ptrace(PTRACE_POKEDATA, thread, to + at, word) != 0) return false;
  }
  return true;
}

std::vector<std::int64_t> call_in_tracee(pid_t thread, const std::vector<TraceeCall>& calls) {
  std::vector<int> signals;
  if (!run_to_syscall_stop(thread, signals)) return {};  // out of execve
  const auto before = read_registers(thread);
  std::uint64_t code = 0;
  if (!before || !read_memory(thread, before->rip, &code, sizeof code)) return {};
  constexpr unsigned char kSyscall[] = {0x0f, 0x05};
  if (!write_code(thread, before->rip, kSyscall, sizeof kSyscall)) return {};
  std::vector<std::int64_t> results;
  for (const TraceeCall& call : calls) {
    Registers registers = *before;
    registers.rax = call.number;
    registers.orig_rax = static_cast<unsigned long long>(-1);
    registers.rdi = call.arguments[0];
    registers.rsi = call.arguments[1];
    registers.rdx = call.arguments[2];
    registers.r10 = call.arguments[3];
    registers.r8 = call.arguments[4];
    registers.r9 = call.arguments[5];
    if (!write_registers(thread, registers) || !run_to_syscall_stop(thread, signals) ||
        !run_to_syscall_stop(thread, signals)) {
      return {};
    }
    const auto after = read_registers(thread);
    if (!after) return {};
    results.push_back(static_cast<std::int64_t>(after->rax));
  }
  if (!write_code(thread, before->rip, &code, sizeof code) || !write_registers(thread, *before)) return {};
  const pid_t process = process_of(thread);
  for (const int number : signals) ::syscall(SYS_tgkill, process, thread, number);
  return results;
}

std::string program_of(pid_t thread) {
  char path[PATH_MAX];
  const auto length = ::readlink(proc_path(thread, "exe").c_str(), path, sizeof path);
  if (length > 0) return {path, static_cast<std::size_t>(length)};
  std::ifstream file(proc_path(thread, "comm"));
  std::string name;
  std::getline(file, name);
  return name;
}

pid_t process_of(pid_t thread) {
  const std::string text = status_field(thread, "Tgid:");
  return text.empty() ? thread : static_cast<pid_t>(std::strtol(text.c_str(), nullptr, 10));
}

pid_t parent_of(pid_t thread) {
  return static_cast<pid_t>(std::strtol(status_field(thread, "PPid:").c_str(), nullptr, 10));
}

bool catches(pid_t thread, int signal_number) {
  const std::string mask = status_field(thread, "SigCgt:");
  if (mask.empty() || signal_number < 1) return false;
  return ((std::strtoull(mask.c_str(), nullptr, 16) >> static_cast<unsigned>(signal_number - 1)) & 1U) != 0;
}

}  // namespace assay::casetime
