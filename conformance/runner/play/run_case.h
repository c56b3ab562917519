// run_case: one planned case against one client, from its world to its line of the run record.
#pragma once

#include <cstdint>
#include <string>

#include "conformance/runner/play/session.h"
#include "reports/record/record.h"
#include "reports/record/redact.h"

namespace assay::conformance {

// The suite of the start check's cases: their records say what the client can do.
inline constexpr const char* kStartSuite = "start";

// One case in one protocol.
struct ProtocolPlay {
  std::string protocol = {};  // empty = as the case and the client have it
  bool other = false;         // not the first in which the client is asked: the id then says which
};

struct PlannedCase {
  std::uint64_t index = 0;  // place in the whole plan
  std::uint64_t seed = 0;   // of the run
  Case one;
  ClientSpec client;
  bool learn = false;  // which reports show a failure is found out (failing_with in judge/reports.h)
  std::vector<std::string> arguments = {};  // what else its repetition takes: {"--cases", "./mine.yaml"}
  std::optional<casetime::Rate> time = std::nullopt;  // --time; none = as the case and the client say
  std::string not_timed = {};  // why this machine cannot compress time; then it is played at x1, or not asked
  bool confirm = true;         // a failure in case time is confirmed at a lower rate
  ProtocolPlay play = {};
  bool live = false;  // its journal is shown on stderr while it is played
  // What reports call it: "any/chat/answers", "any/chat/answers@anthropic".
  std::string name() const { return play.other ? one.id + "@" + play.protocol : one.id; }
};

struct CaseRun {
  bool unconfirmed = false;  // a cut was not seen to be read: playing it again may give a verdict
  CaseTime time;             // how it went
  CaseRecord record;
  Redactor redactor;  // takes this case's secrets out of whatever is written
};

CaseRun run_case(const PlannedCase& planned, const SessionOptions& options);

// The command that plays this case alone in the same way, for a shell: `cells` says whether it was in one.
std::string command_for(const PlannedCase& planned, bool cells);

}  // namespace assay::conformance
