// Judge: a check and an observation give a result. Pure; the observation is left as it is.
#pragma once

#include "conformance/runner/judge/check.h"
#include "conformance/runner/play/observation.h"

namespace assay::conformance {

CheckResult judge(const Check& check, const Observation& observation);

// One predicate: nothing when it holds, else what was seen instead, fact by fact; phrase::sentence joins
// them. `evidence` gains the journal entries that show it.
struct Judgement {
  bool ok = true;
  std::vector<std::string> facts;
  std::vector<std::uint64_t> evidence;
  // Some of it could not have come out otherwise, had an operation that timed out gone on: there were too
  // many requests, a limit of time had passed, a secret was shown.
  bool settled = false;
};
Judgement judge_result(const Predicate& predicate, const Observation& observation);
Judgement judge_journal(const nlohmann::json& demand, const Observation& observation);
Judgement judge_gap(const nlohmann::json& demand, const Observation& observation);
Judgement judge_never(const nlohmann::json& demand, const Observation& observation);
Judgement judge_store(const nlohmann::json& demand, const Observation& observation);
Judgement judge_credential_files(const nlohmann::json& demand, const Observation& observation);
Judgement judge_browser(const nlohmann::json& demand, const Observation& observation);
Judgement judge_exit(const nlohmann::json& demand, const Observation& observation);

// Every ${name} in `value` replaced by what `observation` knows; a name that nobody knows is an error.
Result<nlohmann::json> resolved(const nlohmann::json& value, const Observation& observation);

}  // namespace assay::conformance
