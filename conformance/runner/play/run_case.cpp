#include "conformance/runner/play/run_case.h"

#include <fmt/format.h>

#include <algorithm>

#include "conformance/runner/judge/hint.h"
#include "conformance/runner/judge/judge.h"
#include "conformance/runner/judge/judge_met.h"
#include "conformance/runner/play/flood_watch.h"
#include "conformance/runner/play/sent_answers.h"
#include "harness/base/random.h"
#include "harness/base/shell_words.h"
#include "harness/fixture/redact/redact.h"

namespace assay::conformance {
namespace {

using nlohmann::json;

bool any_ended(const Observation& seen, Outcome::End end) {
  return std::any_of(seen.outcomes.begin(), seen.outcomes.end(), [&](const auto& of_label) {
    return std::any_of(of_label.second.begin(), of_label.second.end(),
                       [&](const Outcome& o) { return o.end == end; });
  });
}

// The order of the verdicts, docs/architecture.md, "What a pass rests on".
void decide(const Played& played, const std::vector<CheckResult>& checks, const MetResult& met,
            CaseRecord& record) {
  if (!played.not_applicable.empty()) {
    record.verdict = Verdict::not_applicable;
    record.reason = played.not_applicable;
    return;
  }
  if (!played.could_not_run.empty()) {
    record.verdict = Verdict::could_not_run;
    record.reason = played.could_not_run;
    return;
  }
  if (!played.limit.empty()) {
    record.verdict = Verdict::fail;
    record.reason = "the client reached a limit of its cell: " + played.limit;
    return;
  }
  if (!played.broken.empty()) {
    record.verdict = Verdict::error;
    record.reason = played.broken;
    return;
  }
  if (!played.flood.empty()) {
    record.verdict = Verdict::fail;
    record.reason = played.flood;
    return;
  }
  if (std::any_of(checks.begin(), checks.end(), [](const CheckResult& c) { return c.unconfirmed; })) {
    record.verdict = Verdict::could_not_run;
    record.reason =
        "a read boundary could not be confirmed: the client did not read in time for the split to be certain";
    return;
  }
  const bool crashed = any_ended(played.observation, Outcome::End::crash);
  if (!met.not_applicable.empty() && met.asked && !crashed) {
    record.verdict = Verdict::not_applicable;
    record.reason = met.not_applicable;
    return;
  }
  const auto missed = std::find_if(checks.begin(), checks.end(), [](const CheckResult& c) { return !c.ok; });
  if (missed == checks.end() && !played.strict.empty()) {
    record.verdict = Verdict::fail;
    record.reason = "Strict world: " + played.strict.front();
    if (played.strict.size() > 1) record.reason += fmt::format(" (and {} more)", played.strict.size() - 1);
    return;
  }
  if (missed == checks.end()) {
    record.verdict = met.missing.empty() && played.in_vain.empty() ? Verdict::pass : Verdict::not_met;
    record.reason =
        met.missing.empty() && !played.in_vain.empty() ? "Awaited in vain: " + played.in_vain : met.missing;
    return;
  }
  // Of one that did not end in time, what no longer wait could have made good is told first.
  const auto settled =
      std::find_if(checks.begin(), checks.end(), [](const CheckResult& c) { return c.settled; });
  const bool timed_out = any_ended(played.observation, Outcome::End::timeout);
  record.reason = (timed_out && settled != checks.end() ? settled : missed)->observed;
  if (!met.missing.empty()) record.reason += " (" + met.missing + ")";
  if (crashed) {
    record.verdict = Verdict::crash;
  } else if (timed_out && settled == checks.end()) {
    record.verdict = Verdict::timeout;
  } else {
    record.verdict = Verdict::fail;
  }
}

// Of a case that selftest has not learned (one of the user's own): why a pass says nothing, when no part of
// the checks that its mutants fail could be judged. "" = some could.
std::string question_not_seen(const Case& one, const std::map<std::string, Observable>& observed) {
  std::string why;
  for (const auto& [mutant, check] : one.proven_by) {
    const auto found = observed.find(check);
    if (found == observed.end() || !found->second.nothing) return {};
    why = fmt::format("{} {} not reported", fmt::join(found->second.withheld, " and "),
                      found->second.withheld.size() == 1 ? "is" : "are");
  }
  return why;
}

Redactor redactor_for(const std::vector<std::string>& secrets) {
  auto rules = default_redaction_rules();
  // Request bodies are evidence; what looks random in them but has no name of a secret stays readable.
  rules.entropy = false;
  for (const std::string& secret : secrets) {
    if (secret.size() >= 8) rules.secrets.push_back(secret);
  }
  return TextRedactor(rules);
}

}  // namespace

std::string command_for(const PlannedCase& planned, bool cells) {
  std::vector<std::string> words = {"assay", "run", planned.name()};
  words.insert(words.end(), planned.arguments.begin(), planned.arguments.end());
  const std::vector<std::string> named = {"--client", planned.client.name};
  const std::vector<std::string>& client =
      planned.client.arguments.empty() ? named : planned.client.arguments;
  words.insert(words.end(), client.begin(), client.end());
  words.insert(words.end(), {"--seed", std::to_string(planned.seed)});
  if (planned.time) words.insert(words.end(), {"--time", casetime::to_string(*planned.time)});
  if (!cells) words.emplace_back("--no-cells");
  return shell_line(words);
}

CaseRun run_case(const PlannedCase& planned, const SessionOptions& common) {
  const Case& one = planned.one;
  CaseRun out;
  CaseRecord& record = out.record;
  record.index = planned.index;
  record.name = planned.name();
  record.client = planned.client.name;
  record.suite = one.suite;
  record.title = one.title;
  record.requirement = one.requirement;
  record.topic = one.topic;
  record.level = std::string(to_string(level_for(one, planned.client.kind)));
  record.role = one.role;
  record.features = one.features;
  record.seen_in = one.seen_in;
  record.axes = one.axes;
  record.seed = planned.seed;
  record.command = command_for(planned, common.surroundings != nullptr);

  SessionOptions options = common;
  options.seed = Random(planned.seed).fork(one.id).next();
  options.protocol = planned.play.protocol;
  const std::string account = planned.client.recipe ? planned.client.recipe->login.account : "";
  auto plan = plan_world(one, options.data_folder, options.seed, account);
  if (!plan) {
    record.verdict = Verdict::error;
    record.reason = plan.error().text();
    out.redactor = redactor_for({});
    return out;
  }
  record.provider = plan->provider.value("id", "");
  const SystemClock clock;
  Played played = play(one, *plan, planned.client, options);
  record.duration_us = clock.now().count();
  if (one.suite == kStartSuite) record.capabilities = played.hello.capabilities;
  record.timings = {{"setup", played.setup.count()}, {"acting", played.acting.count()}};

  std::vector<CheckResult> checks;
  std::map<std::string, Observable> observed;  // by the name of the check
  if (played.not_applicable.empty() && played.could_not_run.empty()) {
    for (const Check& check : one.checks) {
      const Observable& left = observed[check.name] = observable(check, played.reports);
      checks.push_back(judge(left.check, played.observation));
    }
  }
  MetResult met;
  if (played.not_applicable.empty() && played.could_not_run.empty() && played.broken.empty())
    met = judge_met(one, *plan, played.observation);
  decide(played, checks, met, record);
  record.met = std::move(met.parts);
  if (const std::string why = question_not_seen(one, observed);
      record.verdict == Verdict::pass && !why.empty()) {
    record.verdict = Verdict::not_applicable;
    record.reason = why;
  }
  if (is_red(record.verdict)) {
    if (const std::string cause = hint(one, played.observation); !cause.empty())
      record.reason += (record.reason.ends_with('.') ? " " : ". ") + cause;
  }
  out.unconfirmed =
      record.verdict == Verdict::could_not_run &&
      std::any_of(checks.begin(), checks.end(), [](const CheckResult& c) { return c.unconfirmed; });
  for (CheckResult& check : checks) {
    const Check& source = *std::find_if(one.checks.begin(), one.checks.end(),
                                        [&](const Check& c) { return c.name == check.name; });
    std::vector<std::vector<std::string>> shown_by;
    if (planned.learn && !check.ok) shown_by = failing_with(source, played.observation);
    record.checks.push_back({check.name, check.ok, std::move(check.expected), std::move(check.observed),
                             std::move(check.evidence), observed[check.name].withheld, std::move(shown_by)});
  }
  for (const auto& [label, outcomes] : played.observation.outcomes) {
    for (const Outcome& outcome : outcomes) {
      if (outcome.op != "chat") continue;
      if (record.protocol.empty()) record.protocol = outcome.request.value("protocol", played.protocol);
      if (record.protocol.empty()) record.protocol = plan->provider.value("default_api", "");
      if (record.model.empty()) record.model = outcome.request.value("model", "");
    }
  }
  out.time = played.observation.time;
  out.redactor = redactor_for(played.secrets);
  std::vector<std::vector<std::uint64_t>*> evidence;
  for (auto& check : record.checks) evidence.push_back(&check.evidence);
  for (auto& one_met : record.met) evidence.push_back(&one_met.evidence);
  record.journal =
      journal_text(with_redacted_answers(kept_entries(played.observation.journal, evidence), out.redactor));
  for (const ProcessOutcome& process : played.observation.processes) {
    record.output.out += process.out;
    record.output.err += process.err;
    record.output.screen += process.screen;
    if (process.exit_signal == 0) record.output.exit = process.exit_code;
  }
  return out;
}

}  // namespace assay::conformance
