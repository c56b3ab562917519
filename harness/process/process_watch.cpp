#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <mutex>
#include <set>
#include <thread>
#include <tuple>

#include "harness/process/canary.h"
#include "harness/process/unique_fd.h"

namespace assay::process {
namespace {

constexpr int kPeriodMs = 5;

}  // namespace

struct ProcessWatch::State {
  explicit State(pid_t r) : root(r) {}

  const pid_t root;
  mutable std::mutex mutex;
  std::set<std::pair<pid_t, std::uint64_t>> family;  // pid and start: the root and all that came from it
  std::set<std::tuple<pid_t, std::uint64_t, std::vector<std::string>>> known;
  std::vector<Sighting> sightings;
  UniqueFd wake{::eventfd(0, EFD_CLOEXEC)};
  std::thread thread;

  void sample() {
    const auto all = list_processes();
    const std::lock_guard lock(mutex);
    std::set<pid_t> members = {root};
    for (const ProcessInfo& p : all) {
      if (family.contains({p.pid, p.start_ticks})) members.insert(p.pid);
    }
    // A child may be listed before its parent when numbers have wrapped.
    for (bool grown = true; grown;) {
      grown = false;
      for (const ProcessInfo& p : all)
        grown = (members.contains(p.parent) && members.insert(p.pid).second) || grown;
    }
    for (const ProcessInfo& p : all) {
      if (!members.contains(p.pid)) continue;
      family.insert({p.pid, p.start_ticks});
      if (p.argv.empty() || !known.insert({p.pid, p.start_ticks, p.argv}).second) continue;
      sightings.push_back({p, process_environment(p.pid).value_or(std::vector<std::string>())});
    }
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
