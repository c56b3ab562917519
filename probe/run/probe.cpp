#include "probe/run/probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "harness/base/random.h"
#include "probe/ask/send.h"
#include "probe/rules/words.h"
#include "probe/run/judge.h"

namespace assay::probe {
namespace {

// One word for several plays. A rate is never a failure.
void conclude(CheckResult& result, const Check& check, const std::vector<Judged>& plays,
              const Target& target) {
  result.plays = static_cast<int>(plays.size());
  result.held = static_cast<int>(std::count_if(
      plays.begin(), plays.end(), [](const Judged& one) { return one.verdict == Verdict::pass; }));
  // Of several plays the first that did not hold has something to say.
  const auto other = std::find_if(plays.begin(), plays.end(),
                                  [](const Judged& one) { return one.verdict != Verdict::pass; });
  const Judged& told = other == plays.end() ? plays.front() : *other;
  result.verdict = told.verdict;
  result.sentence = sentence(check, target, told);
  if (!check.model_decides || plays.size() < 2) return;
  if (result.verdict == Verdict::inconclusive && result.held > 0) result.verdict = Verdict::pass;
  result.sentence = fmt::format("{} of {} times it held. {}", result.held, result.plays, result.sentence);
}

}  // namespace

std::vector<PlannedCheck> make_plan(const std::vector<Check>& checks, const Target& target,
                                    const ProbeOptions& options) {
  std::vector<PlannedCheck> plan;
  for (const Check& check : checks) {
    PlannedCheck planned{check, check.model_decides ? options.repeat : 1, {}, plan.size()};
    constexpr std::int64_t replayed = 4096;  // bytes of an answer that goes back as it came, about
    for (const Ask& ask : check.asks) {
      // What refers to an answer that does not exist yet is counted as it is written.
      const auto request = write_request(ask, target, {"0123456789abcdef", {}});
      Cost most = request ? most_of(ask, *request) : Cost{1, static_cast<std::int64_t>(ask.max_tokens)};
      for (const Message& message : ask.messages)
        if (message.kind == Message::Kind::replay) most.tokens += replayed;
      for (int i = 0; i < planned.plays; ++i) planned.most += most;
    }
    plan.push_back(std::move(planned));
  }
  return plan;
}

Cost most_of(const std::vector<PlannedCheck>& plan) {
  Cost all;
  for (const PlannedCheck& planned : plan) all += planned.most;
  return all;
}

std::vector<PlannedCheck> shard_of(const std::vector<PlannedCheck>& plan, std::uint64_t shard,
                                   std::uint64_t shards) {
  std::vector<PlannedCheck> out;
  for (const PlannedCheck& planned : plan)
    if (planned.index % shards == shard - 1) out.push_back(planned);
  return out;
}

Result<std::string> first_model(const Target& target, Budget& budget) {
  Ask ask;
  ask.route = Route::models;
  const Sent sent = send_all({ask}, target, {}, budget);
  if (!sent.not_sent.empty()) return fail(sent.not_sent);
  const Answer& answer = sent.references.answers.at(ask.as);
  auto names = model_names(answer.json);
  if (names.empty())
    return fail(fmt::format("GET {} {}; name a model with --model", answer.request.target, answered(answer)));
  std::string name = names.front();
  if (name.starts_with("models/")) name = name.substr(7);  // Gemini's
  return name;
}

RedactionRules redaction_for(const Target& target) {
  RedactionRules rules = default_redaction_rules();
  if (!target.key.empty()) rules.secrets.push_back(target.key);
  return rules;
}

ProbeResult run_probe(const std::vector<PlannedCheck>& plan, const Target& target, const Shapes& shapes,
                      Budget& budget, const ProbeOptions& options,
                      const std::function<void(const CheckResult&)>& on_result) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const auto since_start = [&] {
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count();
  };
  const TextRedactor redact(redaction_for(target));
  ProbeResult out;
  out.endpoint = redact(target.name());
  out.protocol = protocol_name(target.protocol);
  out.model = redact(target.model);
  out.limit = budget.limit();
  const Cost before = budget.spent();
  const std::int64_t counted_before = budget.counted();
  Random random(options.seed);
  for (const PlannedCheck& planned : plan) {
    const Check& check = planned.check;
    CheckResult result;
    result.index = planned.index;
    result.id = check.id;
    result.title = check.title;
    result.level = check.level;
    result.requirement = check.requirement;
    result.source = check.source_for(target.protocol);
    result.features = check.features;
    result.model_decides = check.model_decides;
    result.start_us = since_start();
    std::vector<Judged> plays;
    for (int i = 0; i < planned.plays; ++i) {
      constexpr std::size_t nonce_size = 10;
      Sent sent = send_all(check.asks, target, random.alphanumeric(nonce_size), budget);
      plays.push_back(judge(check, target, sent, shapes));
      if (options.keep_answers)
        for (const Ask& ask : check.asks)
          if (const auto at = sent.references.answers.find(ask.as); at != sent.references.answers.end())
            result.answers.push_back(std::move(at->second));
      if (sent.over_budget) break;
    }
    conclude(result, check, plays, target);
    result.sentence = redact(result.sentence);
    result.duration_us = since_start() - result.start_us;
    if (on_result) on_result(result);
    out.checks.push_back(std::move(result));
  }
  out.spent = {budget.spent().requests - before.requests, budget.spent().tokens - before.tokens};
  out.counted = budget.counted() - counted_before;
  out.milliseconds = since_start() / 1000;
  return out;
}

}  // namespace assay::probe
