#include "bench/client/memory.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <mutex>
#include <thread>
#include <vector>

#include "harness/base/unique_fd.h"
#include "harness/process/procfs.h"

namespace assay::bench {
namespace {

constexpr int kPeriodMs = 10;

std::uint64_t high_water_kib(pid_t pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("VmHWM:")) return std::strtoull(line.c_str() + 6, nullptr, 10);
  }
  return 0;
}

}  // namespace

struct MemoryWatch::State {
  pid_t root = 0;
  std::vector<std::string> root_argv;
  mutable std::mutex mutex;
  std::uint64_t peak = 0;
  UniqueFd wake{::eventfd(0, EFD_CLOEXEC)};
  std::thread thread;

  void sample() {
    std::vector<pid_t> family = process::children_of(root);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < family.size(); ++i) {
      const auto one = process::find_process(family[i]);
      if (!one) continue;
      for (const pid_t child : process::children_of(family[i])) family.push_back(child);
      // A child between fork and exec still is the root, memory and all.
      if (one->argv != root_argv) sum += high_water_kib(family[i]);
    }
    const std::lock_guard lock(mutex);
    peak = std::max(peak, sum);
  }
};

MemoryWatch::MemoryWatch(pid_t root) : state_(std::make_unique<State>()) {
  state_->root = root;
  if (const auto self = process::find_process(root)) state_->root_argv = self->argv;
  state_->thread = std::thread([state = state_.get()] {
    pollfd wait{state->wake.get(), POLLIN, 0};
    do {
      state->sample();
    } while (::poll(&wait, 1, kPeriodMs) <= 0);
  });
}

MemoryWatch::~MemoryWatch() {
  const std::uint64_t one = 1;
  (void)!::write(state_->wake.get(), &one, sizeof one);
  state_->thread.join();
}

void MemoryWatch::sample() {
  state_->sample();
}

std::uint64_t MemoryWatch::peak_kib() const {
  const std::lock_guard lock(state_->mutex);
  return state_->peak;
}

}  // namespace assay::bench
