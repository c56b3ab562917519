// What the plays of both versions say about a bug. Pure.
#pragma once

#include <string>
#include <vector>

#include "conformance/backtest/bugs.h"
#include "reports/record/record.h"

namespace assay::conformance {

enum class BugVerdict {
  found,             // red by the named check on the bad version, green on the good one, controls green
  missed,            // the bad version passes the case: the bug is not seen
  not_reproducible,  // something else is red: the good version, a control, another check, or not every time
  not_attached,      // nothing could be asked: no client, no such version here, the case does not apply
  could_not_run      // this machine lacks what a play needs, or the harness broke
};
inline constexpr int kBugVerdicts = 5;
// "found", "missed", "not-reproducible", "not-attached", "could-not-run".
std::string_view to_string(BugVerdict finding);

// One round: both versions play the case and the control.
struct Round {
  CaseRecord bad, good, bad_control, good_control;
};

struct BugOutcome {
  Bug bug;
  BugVerdict finding = BugVerdict::not_attached;
  std::string why;                        // one line; empty when it was found
  std::string bad_did, good_did;          // the sentences of the verdicts
  std::string evidence;                   // the failed check: what was expected, what was observed, and where
  std::string repeat;                     // command that plays the bad version again
  unsigned rounds = 0, red = 0;           // how often, and how often it was found
  std::vector<std::string> also_differs;  // what is beneath and differs: "httpx 0.25.1 → 0.25.2"
};

// Rounds disagree: what most say is not asked; `found` needs all of them. `rounds` is not empty.
BugOutcome judge_rounds(const Bug& bug, const std::vector<Round>& rounds);
// A bug that was not played.
BugOutcome not_attached(const Bug& bug, std::string why);

// What differs between two installations, the package of the bug left out. Lines are "NAME VERSION".
std::vector<std::string> differences(const std::vector<std::string>& bad,
                                     const std::vector<std::string>& good, const std::string& package);

}  // namespace assay::conformance
