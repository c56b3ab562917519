// Stage: a race ready to be played by one client, any number of times and under any schedule of its answers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conformance/runner/play/execute.h"
#include "conformance/runner/race/race.h"
#include "harness/world/schedule.h"

namespace assay::conformance {

// One choice as it fell.
struct Fallen {
  Choice choice;
  std::vector<std::string> pending;  // what waited, oldest first, the chosen one among it
};

// One play.
struct Play {
  CaseRecord record;
  bool broke = false;     // a check failed, or the client crashed or never ended, the race's line was met,
                          // and so was what the case rests on
  std::string elsewhere;  // it failed so without that line: what failed. Then broke is false
  std::string failed;     // the name of the first check that failed; empty when none did
  std::string
      cannot;  // why nothing can be said: not-applicable, not-met, could-not-run, error; empty = it can
  std::string misfit;  // what the schedule awaited in vain; empty = it fitted
  std::vector<Fallen> trace;
};

class Stage {
 public:
  // Checks that the race can be staged. `cases` and `race` are copied.
  static Result<Stage> make(Race race, std::vector<Case> cases, ClientSpec client, ExecuteOptions options,
                            std::uint64_t seed);

  const Race& race() const { return race_; }
  const ClientSpec& client() const { return client_; }
  const Case& plain() const { return plain_; }

  // One play for each schedule (null: the race's own, else none), several at once; in the order of
  // `schedules`, those left out that `enough` made needless: it is asked after each and says whether the rest
  // may be dropped.
  Result<std::vector<Play>> play(const std::vector<nlohmann::json>& schedules,
                                 const std::function<bool(const Play&)>& enough = {}) const;

 private:
  Stage(Race race, std::vector<Case> cases, ClientSpec client, ExecuteOptions options, std::uint64_t seed,
        Case plain);

  Race race_;
  std::vector<Case> cases_;
  ClientSpec client_;
  ExecuteOptions options_;
  std::uint64_t seed_;
  Case plain_;
};

// The record as a play.
Play play_of(CaseRecord record);

}  // namespace assay::conformance
