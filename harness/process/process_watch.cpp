#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <thread>
#include <tuple>

#include "harness/base/unique_fd.h"
#include "harness/process/canary.h"

namespace assay::process {
namespace {

constexpr int kPeriodMs = 5;

}  // namespace

struct ProcessWatch::State {
  explicit State(pid_t root) : family{root} {}

  mutable std::mutex mutex;
  // The root and all that came from it and may still run. Orphans stay in it, whoever is their parent now.
  std::vector<pid_t> family;
  std::set<std::tuple<pid_t, std::uint64_t, std::vector<std::string>>> known;
  std::vector<Sighting> sightings;
  UniqueFd wake{::eventfd(0, EFD_CLOEXEC)};
  std::thread thread;

  void sample() {
    const std::lock_guard lock(mutex);
    std::vector<pid_t> alive;
    for (std::size_t i = 0; i < family.size(); ++i) {
      const pid_t pid = family[i];
      const auto process = find_process(pid);
      if (!process || process->state == 'Z') continue;
      alive.push_back(pid);
      for (const pid_t child : children_of(pid)) {
        if (std::find(family.begin(), family.end(), child) == family.end()) family.push_back(child);
      }
      if (process->argv.empty() || !known.insert({pid, process->start_ticks, process->argv}).second) continue;
      sightings.push_back({*process, process_environment(pid).value_or(std::vector<std::string>())});
    }
    family = std::move(alive);
  }
};

ProcessWatch::ProcessWatch(pid_t root) : state_(std::make_unique<State>(root)) {
  state_->thread = std::thread([state = state_.get()] {
    pollfd wait{state->wake.get(), POLLIN, 0};
    do {
      state->sample();
    } while (::poll(&wait, 1, kPeriodMs) <= 0);
  });
}

ProcessWatch::~ProcessWatch() {
  const std::uint64_t one = 1;
  (void)!::write(state_->wake.get(), &one, sizeof one);
  state_->thread.join();
}

void ProcessWatch::sample() {
  state_->sample();
}

std::vector<Sighting> ProcessWatch::sightings() const {
  const std::lock_guard lock(state_->mutex);
  return state_->sightings;
}

}  // namespace assay::process
