// Gate: a probe as CI takes a run. Its checks as case lines of a run record, so that every report, `report
// merge`, `report diff` and `accept` read it; and its known failures, in the file format of `assay run`.
//
// Values and free functions.
#pragma once

#include <string>
#include <vector>

#include "conformance/runner/gate/gate.h"
#include "probe/report/report.h"
#include "reports/record/record.h"

namespace assay::probe {

// What a run record has beside the results.
struct RecordFacts {
  std::uint64_t seed = 1;
  std::vector<std::string> command;  // argv, redacted
  std::string options;               // of the command that repeats one check: "--key-env NAME"
  HostInfo host;
};

// A check is a case, an endpoint with its protocol and model a client. fail and warn are failures (of their
// level), refused is not-applicable, inconclusive could-not-run.
CaseRecord case_of(const ProbeResult& result, const CheckResult& check, const RecordFacts& facts);
// Every case of the report with what `exit` says; complete unless a target is missing.
RunRecord run_record(const Report& report, const RecordFacts& facts, ExitCode exit, bool complete);

// Holds `known` against the report: failures that are covered become xfail, passes xpass, with the reason. An
// entry's `client` is an endpoint's URL, a protocol, a model, or all three as ProbeResult::name(). Returns
// every entry that must be mended or go.
std::vector<Error> apply_known(Report& report, conformance::KnownFailures known,
                               const std::vector<Check>& checks);

}  // namespace assay::probe
