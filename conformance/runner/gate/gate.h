// Gate: what a run is worth to those who depend on it. Known failures, retries and thresholds,
// over case records alone. Pure functions over values; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/runner/case/case.h"
#include "harness/base/exit_code.h"
#include "harness/base/result.h"
#include "reports/record/record.h"

namespace assay::conformance {

// One entry of a known-failures file (docs/ci.md).
struct KnownEntry {
  std::string target;  // a case id, a glob over ids, or either with ":check" behind it
  std::string client;  // empty = every client
  KnownFailure known;
  int line = 0;
};
struct KnownFailures {
  std::string file;
  std::vector<KnownEntry> entries;
};

// Reads `known: [{case, state: fail|flaky, reason, issue, expires, client}]`. A missing or empty reason, a
// date that is none, and the same case twice are errors with their line.
Result<KnownFailures> parse_known_failures(std::string_view yaml, const std::string& file);

// Known failures against the cases that exist, on one day.
class Expectations {
 public:
  // `today` is an ISO 8601 date, UTC: "2026-11-20". An entry counts up to and including the day it names.
  Expectations(KnownFailures known, const std::vector<Case>& cases, std::string today);

  // A failure that an entry covers becomes xfail, a pass xpass. An entry of state flaky also covers cases
  // that are flaky, and lets them pass. An entry with a check covers a failure only when the checks that fail
  // are exactly those that entries name. What the harness broke (error) or could not run is never covered.
  void apply(CaseRecord& record) const;

  // Every entry that must be mended or go: it matches no case, it has expired, or what it covers passes.
  // `records` are those of the run after apply().
  std::vector<Error> problems(const std::vector<CaseRecord>& records) const;

  // Entries for clients that are not among `clients`, one line a client. One file may serve several runs, so
  // these fail nothing; but a name that is spelt wrongly shows.
  std::vector<Error> of_other_clients(const std::vector<std::string>& clients) const;

 private:
  struct Target {
    std::string cases;  // a glob
    std::string check;  // empty = all
    bool matches = false;
    bool expired = false;
  };
  bool covers(std::size_t entry, const CaseRecord& record) const;

  KnownFailures known_;
  std::vector<Target> targets_;  // one for each entry
};

// Entries of a known-failures file for every record that is red and not known, each with an empty reason
// that the reader refuses until someone says why. `number` counts them.
struct Template {
  std::string entries;  // lines that can follow `known:`; empty = nothing to accept
  std::size_t number = 0;
};
Template template_entries(const std::vector<CaseRecord>& records);
// The known-failures file `before` ("" = none yet) with the entries behind its own. Fails when its text does
// not end with the list.
Result<std::string> with_entries(const std::string& before, const Template& entries, const std::string& file);

// fail, timeout, crash: what --retries tries again and a known failure may cover.
bool is_failure(Verdict verdict);

// One record of several attempts at one case, in order. A pass after a failure is flaky, never pass; then the
// evidence is that of the first failure. Otherwise it is the last.
CaseRecord joined_attempts(std::vector<CaseRecord> attempts);

// --min: "90%" of the cases that apply, or "120" cases.
struct Minimum {
  std::uint64_t number = 0;
  bool percent = false;
};
Result<Minimum> parse_minimum(const std::string& text);
// Fails with what passed and what was asked; always when no case applies.
Result<void> enough_pass(const Minimum& minimum, const std::vector<CaseRecord>& records);

// Whether a record makes the run fail: red, not the harness's fault, and of a level that counts.
bool fails_run(const CaseRecord& record, Level counted);
// What the cases of a run are worth together (docs/architecture.md, "Exit codes"). What could not run counts
// when its level does; what the harness or the client's adapter broke (error) always. A run in which no case
// applied, or none could run, is incomplete; with `shard` it is one part of a run, and the merge judges that.
ExitCode exit_of(const std::vector<CaseRecord>& records, Level counted, bool shard = false);

// The capabilities that a manifest (`capabilities: [...]`) declares.
Result<std::vector<std::string>> parse_manifest(std::string_view yaml, const std::string& file);

}  // namespace assay::conformance
