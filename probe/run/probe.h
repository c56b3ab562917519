// A probe: the plan of checks for one endpoint, what it can cost at most, and its run.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/fixture/redact/redact.h"
#include "probe/ask/target.h"
#include "probe/check/check.h"
#include "probe/check/shapes.h"
#include "probe/run/result.h"

namespace assay::probe {

struct ProbeOptions {
  int repeat = 3;  // plays of a check that depends on the model's choice
  std::uint64_t seed = 1;
  bool keep_answers = false;  // CheckResult::answers
};

struct PlannedCheck {
  Check check;
  int plays = 1;
  Cost most;                // of all its plays
  std::uint64_t index = 0;  // place in the plan, whatever shard of it is played
};

// What each check costs at most. References to earlier answers count as they stand.
std::vector<PlannedCheck> make_plan(const std::vector<Check>& checks, const Target& target,
                                    const ProbeOptions& options);
Cost most_of(const std::vector<PlannedCheck>& plan);
// Part `shard` (from 1) of `shards` of a plan.
std::vector<PlannedCheck> shard_of(const std::vector<PlannedCheck>& plan, std::uint64_t shard,
                                   std::uint64_t shards);

// The model to ask when none was named: the first that the endpoint lists. One request of `budget`.
Result<std::string> first_model(const Target& target, Budget& budget);

// Plays the plan in order. `on_result` is called after each check. Everything in the result is redacted but
// CheckResult::answers.
ProbeResult run_probe(const std::vector<PlannedCheck>& plan, const Target& target, const Shapes& shapes,
                      Budget& budget, const ProbeOptions& options,
                      const std::function<void(const CheckResult&)>& on_result = {});

// The rules of redaction with the target's key among the secrets.
RedactionRules redaction_for(const Target& target);

}  // namespace assay::probe
