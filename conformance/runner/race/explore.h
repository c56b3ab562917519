// Explore: looks for schedules that break a client. First in order: oldest answer first, newest first, then
// every schedule that departs from oldest-first in one choice, in two, ...; an answer that is let go late
// departs too, but is tried after the orders. Then at random, by seed. What breaks is shrunk to the fewest
// choices that still do.
//
// The search is pure: it proposes schedules and is told how they went. Not thread-safe.
#pragma once

#include <deque>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "conformance/runner/play/stage.h"

namespace assay::conformance {

struct ExploreOptions {
  std::uint64_t budget = 100;  // schedules, without those that shrinking takes
  std::uint64_t random_from =
      0;  // after so many in order the rest is random; 0 = three quarters of the budget
  Micros late = std::chrono::seconds(1);  // what an answer that is let go late waits
  std::uint64_t seed = 1;
  bool asleep = false;  // no choices at all: every answer sleeps a random time (ScheduleSpec::Rest::asleep)
};

class Explorer {
 public:
  explicit Explorer(ExploreOptions options) : options_(options) {}

  // The next schedules to try, at most `most`, as parse_schedule reads them. Empty: there is nothing left.
  std::vector<nlohmann::json> next(std::size_t most);
  // How one of them went, in the order in which they were given out.
  void tried(const Play& play);
  std::uint64_t count() const { return tried_; }
  // Every schedule in order was tried, so that there was no need for random ones.
  bool exhausted() const { return exhausted_; }

 private:
  struct Prefix {
    std::vector<Choice> choices;
    unsigned cost = 0;  // 1 a departure in order, 5 a late one
  };
  void propose(Prefix prefix);

  ExploreOptions options_;
  std::vector<std::deque<Prefix>> by_cost_;
  std::deque<std::size_t> given_;  // lengths of the prefixes that are being tried; npos: no children
  std::deque<unsigned> given_cost_;
  std::set<std::string> seen_;  // traces
  std::uint64_t asked_ = 0, tried_ = 0;
  bool exhausted_ = false;
};

// Those of the choices that are not the oldest answer at once, and the ones before them.
std::vector<Choice> needed(const std::vector<Fallen>& trace);
// How many of them depart from the oldest answer at once.
std::size_t departures(const std::vector<Fallen>& trace, std::size_t length);

struct Shrunk {
  std::vector<Choice> choices;
  std::size_t departures = 0;
  std::uint64_t plays = 0;  // that shrinking took
  Play play;                // the last one that broke
};
// Shrinks what broke: takes back one departure after the other as long as it breaks. `play` plays a schedule
// once.
Result<Shrunk> shrink(const Play& broken,
                      const std::function<Result<Play>(const std::vector<Choice>&)>& play);

}  // namespace assay::conformance
