// What a tracer reads and writes in a stopped thread: registers, memory, and system calls made in its name.
//
// Thread-safety: ptrace belongs to one thread; all of this is for the tracer's. Nothing here waits but
// call_in_tracee(). False and nullopt mean that the thread is gone or the address is not the program's.
#pragma once

#include <signal.h>
#include <sys/types.h>
#include <sys/user.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace assay::casetime {

using Address = std::uint64_t;
using Registers = user_regs_struct;
// A stop at the border of a system call, under PTRACE_O_TRACESYSGOOD.
constexpr int kSyscallStop = SIGTRAP | 0x80;

std::optional<Registers> read_registers(pid_t thread);
bool write_registers(pid_t thread, const Registers& registers);

bool read_memory(pid_t thread, Address from, void* to, std::size_t size);
// Memory that the program itself may write.
bool write_memory(pid_t thread, Address to, const void* from, std::size_t size);
// Any memory, code included: its pages become private copies of the program.
bool write_code(pid_t thread, Address to, const void* from, std::size_t size);

template <typename T>
std::optional<T> read_value(pid_t thread, Address from) {
  T value;
  if (!read_memory(thread, from, &value, sizeof value)) return std::nullopt;
  return value;
}
template <typename T>
bool write_value(pid_t thread, Address to, const T& value) {
  return write_memory(thread, to, &value, sizeof value);
}

// Makes system calls in the name of a thread that stands at PTRACE_EVENT_EXEC, and leaves it at the end of
// its execve call with everything as it was. Signals that arrive meanwhile are sent to it again. Empty when
// the thread went away.
struct TraceeCall {
  std::uint64_t number = 0;
  std::array<std::uint64_t, 6> arguments{};
};
std::vector<std::int64_t> call_in_tracee(pid_t thread, const std::vector<TraceeCall>& calls);

// From /proc. The path of the program that it runs; its name where that cannot be read.
std::string program_of(pid_t thread);
pid_t process_of(pid_t thread);
pid_t parent_of(pid_t thread);
// Whether the program has a handler for this signal.
bool catches(pid_t thread, int signal_number);

}  // namespace assay::casetime
