// Selftest: each case is proven. With the mutant that it names exactly the named check must fail; without it
// the reference client passes.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "conformance/runner/play/execute.h"

namespace assay::conformance {

// One case under one mutant.
struct Proof {
  std::string case_id, mutant, check;
  bool proven = false;
  std::string why_not;  // one line, empty when proven
};

struct SelftestReport {
  std::vector<Proof> proofs;
  std::vector<std::string> unproven_cases;  // no mutant named
  struct ReferenceFailure {
    std::string case_id, reason;
  };
  std::vector<ReferenceFailure> reference_failed;  // the reference client did not pass
  std::vector<std::string>
      played_again;  // ids of cases that did not hold at first; their proofs are of the second play
  std::vector<std::string> idle_mutants;  // no case names them
  std::vector<std::string>
      blunt_mutants;  // fail more than a tenth of the other cases that they were run on (only with matrix)
  // With matrix: mutant → ids of the cases that fail under it.
  std::map<std::string, std::vector<std::string>> matrix;
  // Case id → the smallest sets of reports with which one of its mutants is seen to fail.
  std::map<std::string, std::vector<std::vector<std::string>>> learned;
  // Cases whose `observed_by` names no set that still shows a failure, or that have none: learn them anew.
  std::vector<std::string> stale;
  // Cases that do not apply to the reference client with such `reports`, or that take too long on a machine
  // without case time.
  std::uint64_t not_asked = 0;
  bool ok() const;
};

struct SelftestOptions {
  ExecuteOptions execute;
  std::string mutant_program;        // assay-mutant
  std::vector<std::string> mutants;  // all that exist
  ClientSpec reference;
  bool matrix = false;         // every mutant against every case
  bool all_protocols = false;  // cases that depend on the protocol in each that the reference client speaks
  // Beside these everything is withheld from the judges; then each case that applies must still be failed by
  // one of its mutants. None = nothing is withheld.
  std::optional<std::vector<std::string>> reports;
  std::uint64_t seed = 1;
  std::string not_timed;  // why this machine cannot compress time; empty = it can
};

Result<SelftestReport> selftest(const std::vector<Case>& cases, const SelftestOptions& options,
                                const std::function<void(const CaseRecord&)>& progress);

// Whether the question of a case is in what the client sends and does: no check that proves it asks for what
// the client reports.
bool asks_what_was_sent(const Case& one);

// Plays every case against clients that say nothing (conformance/mutants/empty.h). The result is what passes
// and must not, "CLIENT passes ID" a line; `passed` are the ids that the client passes which sends
// everything.
struct EmptyReport {
  std::vector<std::string> vacuous;
  std::vector<std::string> passed;
  std::uint64_t played = 0;
};
Result<EmptyReport> selftest_empty(const std::vector<Case>& cases, const SelftestOptions& options,
                                   const std::function<void(const CaseRecord&)>& progress);

// Judges one record of a mutant run; empty = exactly the named check failed. `demand` is what the check
// demands, as the case file has it (Check::source): whether a crash or a hang proves it.
std::string why_not_proven(const CaseRecord& record, const std::string& check, const std::string& demand);

}  // namespace assay::conformance
