#include "harness/time/tracer.h"

#include <elf.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <unordered_map>
#include <vector>

#include "harness/time/image.h"
#include "harness/time/timed_calls.h"
#include "harness/time/tracee.h"

namespace assay::casetime {
namespace {

bool stops_a_group(int signal_number) {
  return signal_number == SIGSTOP || signal_number == SIGTSTP || signal_number == SIGTTIN ||
         signal_number == SIGTTOU;
}

bool is_32_bit(pid_t thread) {
  char registers[sizeof(Registers)];
  iovec part{registers, sizeof registers};
  return ::ptrace(PTRACE_GETREGSET, thread, NT_PRSTATUS, &part) == 0 && part.iov_len < sizeof(Registers);
}

class Tracer {
 public:
  Tracer(const TracerOptions& options, Ledger& ledger)
      : options_(options), ledger_(ledger), calls_(options_.map, ledger) {
    for (std::size_t slot = kScratchSlots; slot > 0; --slot) free_slots_.push_back(slot - 1);
  }

  void run() {
    while (true) {
      int status = 0;
      const pid_t id = ::waitpid(-1, &status, __WALL);
      if (id < 0 && errno == EINTR) continue;
      if (id < 0) return;  // nobody is left
      if (WIFSTOPPED(status)) {
        stopped(id, WSTOPSIG(status), status >> 16);
      } else {
        forget(id);
      }
    }
  }

 private:
  struct Thread {
    TracedThread traced;
    Address scratch = 0;  // of the image that it runs
    std::size_t slot = kScratchSlots;
    pid_t process = 0;
    bool awaits_parent = false;  // it stopped first, and is not told apart yet
    bool known = false;
  };

  void stopped(pid_t id, int signal_number, int event) {
    Thread& thread = threads_[id];
    thread.traced.id = id;
    count_cpu(thread);
    switch (event) {
      case PTRACE_EVENT_SECCOMP:
        calls_.enter(thread.traced);
        return resume(thread);
      case PTRACE_EVENT_EXEC:
        executed(thread);
        return resume(thread);
      case PTRACE_EVENT_CLONE:
      case PTRACE_EVENT_FORK:
      case PTRACE_EVENT_VFORK:
        has_child(thread);
        return resume(threads_[id]);  // the table may have moved
      case PTRACE_EVENT_STOP:
        if (stops_a_group(signal_number)) {
          ::ptrace(PTRACE_LISTEN, id, nullptr, nullptr);
        } else if (!thread.known) {
          thread.awaits_parent = true;  // until it is known whose memory it shares or has a copy of
        } else {
          resume(thread);
        }
        return;
      default:
        break;
    }
    if (signal_number == kSyscallStop) {
      if (thread.traced.call) calls_.leave(thread.traced);
      return resume(thread);
    }
    if (thread.traced.broken && catches(id, signal_number)) thread.traced.broken.reset();
    resume(thread, event == 0 ? signal_number : 0);
  }

  static void resume(const Thread& thread, int signal_number = 0) {
    ::ptrace(thread.traced.call ? PTRACE_SYSCALL : PTRACE_CONT, thread.traced.id, nullptr, signal_number);
  }

  void executed(Thread& thread) {
    unsigned long former = 0;
    const pid_t id = thread.traced.id;
    ::ptrace(PTRACE_GETEVENTMSG, id, nullptr, &former);
    if (static_cast<pid_t>(former) != id) forget(static_cast<pid_t>(former));
    ledger_.add(Ledger::images);
    thread.traced = TracedThread{id, 0, {}, {}, 0};
    if (is_32_bit(id)) {
      ledger_.add_note(Note::uncompressed, program_of(id) + ": a 32-bit program");
      return settle(thread, 0);
    }
    const Image image = prepare_image(id, options_.map, options_.hide_vdso);
    if (!image.problem.empty()) ledger_.add_note(Note::uncompressed, program_of(id) + ": " + image.problem);
    settle(thread, image.scratch);
  }

  void has_child(const Thread& parent) {
    unsigned long id = 0;
    if (::ptrace(PTRACE_GETEVENTMSG, parent.traced.id, nullptr, &id) != 0) return;
    const Address scratch = parent.scratch;
    Thread& child = threads_[static_cast<pid_t>(id)];
    child.traced.id = static_cast<pid_t>(id);
    settle(child, scratch);
    if (std::exchange(child.awaits_parent, false)) resume(child);
  }

  // What its process has used since the last look.
  void count_cpu(const Thread& thread) {
    if (thread.process == 0) return;
    constexpr clockid_t kOfProcess = 2;  // as clock_getcpuclockid() makes it
    timespec used{};
    if (::clock_gettime(static_cast<clockid_t>(~static_cast<unsigned>(thread.process) << 3U) | kOfProcess,
                        &used) != 0)
      return;
    const std::int64_t now = used.tv_sec * kNanosPerSecond + used.tv_nsec;
    std::int64_t& before = cpu_[thread.process];
    if (now > before) ledger_.add(Ledger::cpu_ns, static_cast<std::uint64_t>(now - before));
    before = std::max(before, now);
  }

  // The thread runs an image whose scratch memory lies there.
  void settle(Thread& thread, Address scratch) {
    thread.known = true;
    thread.process = process_of(thread.traced.id);
    thread.scratch = scratch;
    if (thread.slot == kScratchSlots && !free_slots_.empty()) {
      thread.slot = free_slots_.back();
      free_slots_.pop_back();
    }
    if (thread.slot == kScratchSlots) {
      ledger_.add_note(Note::uncompressed,
                       program_of(thread.traced.id) + ": more threads than the tracer has room for");
    }
    const bool usable = scratch != 0 && thread.slot < kScratchSlots;
    thread.traced.slot = usable ? scratch + thread.slot * kScratchSlotBytes : 0;
  }

  void forget(pid_t id) {
    const auto found = threads_.find(id);
    if (found == threads_.end()) return;
    if (found->second.slot < kScratchSlots) free_slots_.push_back(found->second.slot);
    cpu_.erase(id);
    threads_.erase(found);
    release_orphans();
  }

  // Killed in the very moment, a parent does not tell of its child any more: the child's own process or
  // parent is asked for.
  void release_orphans() {
    for (auto& [id, thread] : threads_) {
      if (!thread.awaits_parent) continue;
      const pid_t process = process_of(id);
      const auto of = threads_.find(process != id ? process : parent_of(id));
      if (of != threads_.end() && of->second.known) continue;  // it will still tell
      thread.awaits_parent = false;
      settle(thread, 0);
      resume(thread);
    }
  }

  const TracerOptions options_;
  Ledger& ledger_;
  TimedCalls calls_;
  std::unordered_map<pid_t, Thread> threads_;
  std::vector<std::size_t> free_slots_;
  std::unordered_map<pid_t, std::int64_t> cpu_;  // process → what it had used
};

}  // namespace

int attach(pid_t process) {
  constexpr long kOptions = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE |
                            PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACESYSGOOD |
                            PTRACE_O_EXITKILL;
  return ::ptrace(PTRACE_SEIZE, process, nullptr, kOptions) == 0 ? 0 : errno;
}

void trace(const TracerOptions& options, Ledger& ledger) {
  Tracer(options, ledger).run();
}

}  // namespace assay::casetime
