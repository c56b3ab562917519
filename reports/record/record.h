// The run record as values: header, one case line per case and client, footer. Every report is derived from
// these alone. docs/run-record.md describes the file, reports/record/run-record.schema.json defines it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/journal.h"

namespace assay {

// 2 added the verdict not-met and `met`. Records of schema 1 are read as they are.
inline constexpr int kRecordSchema = 2;

enum class Verdict {
  pass,
  fail,            // an expectation does not hold
  error,           // the harness or an adapter broke; not the client's fault
  timeout,         // a deadline that the case names passed
  crash,           // the client ended by a signal or without an answer
  not_met,         // every check holds, but what must have happened before they count did not: the client
                   // did not do what it was told; written "not-met"
  xfail,           // failed, as the known-failures file says
  xpass,           // passed, although the known-failures file says it fails
  flaky,           // passed only on a retry, or not always
  not_applicable,  // the client lacks a capability or the role; written "not-applicable"
  could_not_run    // something this machine lacks; written "could-not-run"
};
inline constexpr int kVerdicts = 11;

std::string_view to_string(Verdict verdict);
// Errors name what was found and what is known.
Result<Verdict> parse_verdict(std::string_view text);
// fail, error, timeout, crash, not-met, xpass, flaky: what a reader must look at first.
bool is_red(Verdict verdict);
// pass and xfail: ran, and came out as expected.
bool is_green(Verdict verdict);
// How bad, 0 = worst: the order in which reports list cases.
int rank(Verdict verdict);

struct HostInfo {
  std::string os;      // "Linux"
  std::string kernel;  // "6.1.0-18-amd64"
  int cpus = 0;
  bool operator==(const HostInfo&) const = default;
};

struct ClientInfo {
  std::string name;
  std::string version;
  std::string role = "provider";
  std::vector<std::string> capabilities;
  std::vector<std::string> packages = {};  // what it is made of: "openai 7.55.0"
  bool operator==(const ClientInfo&) const = default;
};

struct RunHeader {
  int schema = kRecordSchema;
  std::string assay;    // version of assay
  std::string started;  // RFC 3339, UTC: "2026-11-20T07:20:14Z"
  std::uint64_t seed = 0;
  HostInfo host;
  std::vector<std::string> command;  // argv
  std::vector<ClientInfo> clients;
  std::uint64_t planned = 0;         // case lines that this file should hold (plan.cases)
  std::string shard;                 // "1/4"; empty = not sharded (plan.shard)
  std::vector<std::string> missing;  // after a merge: what is lost, e.g. "shard 3/4" (plan.missing)
  std::string requirements;          // frozen requirement set, "2026.11"; empty = none
  bool cells = false;                // clients ran in cells
  std::string without_cells;         // why they did not; empty with cells
  bool operator==(const RunHeader&) const = default;
};

// One named expectation of a case, judged.
struct Check {
  std::string name;
  bool ok = true;
  std::string expected;
  std::string observed;
  std::vector<std::uint64_t> evidence;         // seq of the journal entries that show it
  std::vector<std::string> not_observed = {};  // reports that it demands and the client does not give
  // Of a failure that selftest learns from: the smallest sets of reports that show it.
  std::vector<std::vector<std::string>> shown_by = {};
  bool operator==(const Check&) const = default;
};

// What must have happened before a pass of the case counts, and whether it did.
struct Precondition {
  std::string text;  // "the chat request arrived"
  bool ok = true;
  std::vector<std::uint64_t> evidence;  // seq of the journal entries that show it
  bool operator==(const Precondition&) const = default;
};

struct Output {
  std::string out;          // standard output
  std::string err;          // standard error
  std::string screen;       // what the terminal of its login showed last; empty = it had none
  std::optional<int> exit;  // exit status; none when a signal ended it or it was still running
  bool operator==(const Output&) const = default;
};

struct Attempt {
  Verdict outcome = Verdict::pass;
  std::string reason;
  std::int64_t duration_us = 0;
  bool operator==(const Attempt&) const = default;
};

// The entry of the known-failures file that covers a case.
struct KnownFailure {
  std::string state = "fail";  // fail | flaky
  std::string reason;
  std::string issue;    // a URL; may be empty
  std::string expires;  // "2026-12-31"; may be empty
  bool operator==(const KnownFailure&) const = default;
};

// How time went in a case that was not played at the machine's own rate, or was to be (docs/case-time.md).
struct TimeUse {
  std::string rate = "x1";         // that the verdict was given at
  std::int64_t late_us = 0;        // the latest that a wait ended, by the machine's clock
  std::int64_t cpu_us = 0;         // that the client used, as far as it was seen
  std::vector<std::string> notes;  // why it was played at another rate before, what could not be compressed
  bool operator==(const TimeUse&) const = default;
};

struct CaseRecord {
  std::uint64_t index = 0;  // place in the whole plan, the same in every shard
  std::string name;         // "worldrouter/login/callback-request-late"; unique per client ("case")
  std::string client;
  std::string suite;
  std::string title;
  std::string requirement;
  std::string topic;           // what a maintainer would fix (topic.h); empty in older records
  std::string level = "must";  // must | should | may
  std::string role = "provider";
  std::string provider;
  std::string model;
  std::string protocol;
  std::vector<std::string> features;
  std::vector<std::string> seen_in;
  std::map<std::string, std::string> axes;
  Verdict verdict = Verdict::pass;
  std::string reason;  // one line: why this verdict
  std::vector<Check> checks;
  std::vector<Precondition> met;  // since schema 2
  // A JSON array of the entries that to_json(JournalEntry) makes, as text. Empty = none or not kept.
  std::string journal;
  Output output;
  std::uint64_t seed = 0;
  std::int64_t started_us = 0;                  // since the run began
  std::int64_t duration_us = 0;                 // of the last attempt
  std::map<std::string, std::int64_t> timings;  // microseconds by name: "setup", "client", ...
  std::vector<Attempt> attempts;                // filled when there was more than one
  std::optional<KnownFailure> known;
  std::vector<std::string> capabilities;  // that the client said it has; of the start check alone
  std::optional<TimeUse> time;            // none = the case knows no other time than the machine's
  std::string command;                    // repeats this case: "assay run --client x --case y --seed 7"
  bool operator==(const CaseRecord&) const = default;
};

// Whether any case has a verdict other than not-applicable: a run without one says nothing of its clients.
bool any_applied(const std::vector<CaseRecord>& cases);

struct RunFooter {
  std::map<std::string, std::uint64_t> counts;  // by verdict; verdicts that do not occur are absent
  std::int64_t duration_us = 0;
  int exit = 0;          // exit status of the run
  bool complete = true;  // every planned case has a line
  bool operator==(const RunFooter&) const = default;
};

struct RunRecord {
  RunHeader header;
  std::vector<CaseRecord> cases;  // in the order of the file
  std::optional<RunFooter> footer;
  std::vector<std::string> notes;  // what a reader should be told: "line 17 is torn: ignored", ...

  // A footer that says complete, nothing missing, and as many cases as planned.
  bool complete() const;
};

// The `journal` text of a case from the entries of its world. `body_limit` bytes of each request body are
// kept.
std::string journal_text(const std::vector<std::shared_ptr<const JournalEntry>>& entries,
                         std::size_t body_limit = 4096);

}  // namespace assay
