#include "conformance/backtest/outcome.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "reports/summary.h"

namespace assay::conformance {
namespace {

// The named check of a play, when it failed there.
const Check* failed_check(const CaseRecord& record, const std::string& name) {
  for (const Check& check : record.checks)
    if (check.name == name && !check.ok) return &check;
  return nullptr;
}

std::string did(const CaseRecord& record) {
  if (record.verdict == Verdict::pass) return "passes";
  return fmt::format("{}: {}", to_string(record.verdict), record.reason);
}

// Which side of which round cannot be judged at all; the finding is `found` when every one can.
struct Obstacle {
  BugVerdict finding = BugVerdict::found;
  std::string why;
};
Obstacle obstacle_of(const Bug& bug, const Round& round) {
  struct Side {
    const CaseRecord& record;
    const std::string &version, &played;
  };
  for (const Side& side :
       {Side{round.bad, bug.bad, bug.case_id}, Side{round.good, bug.good, bug.case_id},
        Side{round.bad_control, bug.bad, bug.control}, Side{round.good_control, bug.good, bug.control}}) {
    const std::string where =
        fmt::format("{} with {}: ", side.played, side.version.empty() ? "it" : side.version);
    if (side.record.verdict == Verdict::not_applicable)
      return {BugVerdict::not_attached, where + "does not apply: " + side.record.reason};
    if (side.record.verdict == Verdict::could_not_run || side.record.verdict == Verdict::error)
      return {BugVerdict::could_not_run, where + side.record.reason};
  }
  return {};
}

// What one round says.
Obstacle finding_of(const Bug& bug, const Round& round) {
  if (Obstacle obstacle = obstacle_of(bug, round); obstacle.finding != BugVerdict::found) return obstacle;
  const auto side = [](const std::string& name, const std::string& version) {
    return version.empty() ? name + " side" : name + " version " + version;
  };
  if (round.bad_control.verdict != Verdict::pass)
    return {BugVerdict::not_reproducible, fmt::format("the control is not green on the {}: {}",
                                                      side("bad", bug.bad), did(round.bad_control))};
  if (round.good_control.verdict != Verdict::pass)
    return {BugVerdict::not_reproducible, fmt::format("the control is not green on the {}: {}",
                                                      side("good", bug.good), did(round.good_control))};
  if (round.bad.verdict == Verdict::pass) {
    if (round.good.verdict == Verdict::pass) return {BugVerdict::missed, "both versions pass"};
    return {BugVerdict::missed, "the bad version passes; the good one: " + did(round.good)};
  }
  if (round.good.verdict != Verdict::pass)
    return {BugVerdict::not_reproducible, fmt::format("the good version is red too: {}", did(round.good))};
  if (failed_check(round.bad, bug.check) == nullptr)
    return {BugVerdict::not_reproducible,
            fmt::format("the bad version is red, but not by {}: {}", bug.check, did(round.bad))};
  return {};
}

std::string evidence_of(const Bug& bug, const CaseRecord& record) {
  const Check* check = failed_check(record, bug.check);
  if (check == nullptr) return {};
  const auto lines = reports::evidence(record, *check, 1);
  return fmt::format("{}: expected {}; observed {}{}", check->name, check->expected, check->observed,
                     lines.empty() ? "" : "; " + lines.front());
}

std::map<std::string, std::string> by_name(const std::vector<std::string>& lines) {
  std::map<std::string, std::string> out;
  for (const std::string& line : lines) {
    const auto space = line.rfind(' ');
    out[line.substr(0, space)] = space == std::string::npos ? "" : line.substr(space + 1);
  }
  return out;
}

}  // namespace

std::string_view to_string(BugVerdict finding) {
  switch (finding) {
    case BugVerdict::found:
      return "found";
    case BugVerdict::missed:
      return "missed";
    case BugVerdict::not_reproducible:
      return "not-reproducible";
    case BugVerdict::not_attached:
      return "not-attached";
    case BugVerdict::could_not_run:
      return "could-not-run";
  }
  return "?";
}

BugOutcome judge_rounds(const Bug& bug, const std::vector<Round>& rounds) {
  BugOutcome out;
  out.bug = bug;
  out.finding = BugVerdict::found;
  out.rounds = static_cast<unsigned>(rounds.size());
  const Round* shown = nullptr;
  for (const Round& round : rounds) {
    const Obstacle said = finding_of(bug, round);
    if (said.finding == BugVerdict::found) {
      ++out.red;
    } else if (out.finding == BugVerdict::found) {
      out.finding = said.finding;
      out.why = said.why;
      shown = &round;
    }
  }
  if (shown == nullptr) shown = &rounds.front();
  if (out.red > 0 && out.red < out.rounds && out.finding != BugVerdict::could_not_run) {
    out.why = fmt::format("found in {} of {} rounds; else: {}", out.red, out.rounds, out.why);
    out.finding = BugVerdict::not_reproducible;
  }
  out.bad_did = did(shown->bad);
  out.good_did = did(shown->good);
  out.evidence = evidence_of(bug, shown->bad);
  out.repeat = shown->bad.command;
  return out;
}

BugOutcome not_attached(const Bug& bug, std::string why) {
  BugOutcome out;
  out.bug = bug;
  out.why = std::move(why);
  return out;
}

std::vector<std::string> differences(const std::vector<std::string>& bad,
                                     const std::vector<std::string>& good, const std::string& package) {
  const auto before = by_name(bad), after = by_name(good);
  std::vector<std::string> out;
  for (const auto& [name, version] : before) {
    const auto found = after.find(name);
    if (name == package || (found != after.end() && found->second == version)) continue;
    out.push_back(fmt::format("{} {} → {}", name, version, found == after.end() ? "none" : found->second));
  }
  for (const auto& [name, version] : after)
    if (name != package && !before.contains(name)) out.push_back(fmt::format("{} none → {}", name, version));
  return out;
}

}  // namespace assay::conformance
