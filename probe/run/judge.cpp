#include "probe/run/judge.h"

#include <fmt/format.h>

#include <algorithm>

#include "probe/rules/rule.h"
#include "probe/rules/words.h"

namespace assay::probe {
namespace {

const Ask& ask_named(const Check& check, const std::string& name) {
  return *std::find_if(check.asks.begin(), check.asks.end(), [&](const Ask& ask) { return ask.as == name; });
}

bool judges_any_status(const Check& check, const std::string& name) {
  return std::any_of(check.expect.begin(), check.expect.end(), [&](const Expectation& expectation) {
    const RuleEntry* rule = find_rule(expectation.rule);
    return expectation.of == name && rule != nullptr && rule->any_status;
  });
}

bool is_refusal(int status) {
  return status == 400 || status == 404 || status == 405 || status == 415 || status == 422 || status == 501;
}

// Whether an answer is one that the rules can look at: 200 and whole. nullopt = it is.
std::optional<Judged> not_an_answer(const Check& check, const Ask& ask, const Answer& answer) {
  const std::string sent = describe_request(ask, answer.request);
  const auto is = [&](Verdict verdict, std::string did) { return Judged{verdict, sent, std::move(did)}; };
  const Verdict broken = check.level == Level::must ? Verdict::fail : Verdict::warn;
  const int status = answer.status();
  if (status == 0) {
    using http::End;
    const End end = answer.outcome.end;
    const bool unreached = end == End::refused || end == End::unreachable || end == End::tls_failure;
    return is(unreached ? Verdict::inconclusive : broken, no_answer(answer));
  }
  if (judges_any_status(check, ask.as)) return std::nullopt;
  if (is_busy(status) || status == 401 || status == 403) return is(Verdict::inconclusive, answered(answer));
  if (check.may_refuse && is_refusal(status)) return is(Verdict::refused, answered(answer));
  if (status != 200) return is(broken, answered(answer));
  if (!answer.outcome.ok() && !answer.left)
    return is(broken, fmt::format("broke the response off ({}: {})", http::to_string(answer.outcome.end),
                                  answer.outcome.message));
  if (!answer.coding_problem.empty())
    return is(broken, "answered with a body that cannot be decoded: " + answer.coding_problem);
  if (answer.turn.error)
    return is(broken, fmt::format("answered 200 with an error in the body: {}",
                                  in_quotes(answer.turn.error->message)));
  return std::nullopt;
}

}  // namespace

Judged judge(const Check& check, const Target& target, const Sent& sent, const Shapes& shapes) {
  const auto& answers = sent.references.answers;
  for (const Ask& ask : check.asks) {
    const auto answer = answers.find(ask.as);
    if (answer == answers.end()) continue;
    // An endpoint that is open on purpose, such as an engine on one's own machine.
    if (target.key.empty() && ask.key != Key::right && answer->second.status() == 200)
      return {Verdict::inconclusive, describe_request(ask, answer->second.request),
              "answered 200; whether it should ask for a key is not known, for none was given (--key-env, "
              "--key-file)"};
    if (auto judged = not_an_answer(check, ask, answer->second)) return *judged;
  }
  if (!sent.not_sent.empty()) {
    const std::string what =
        answers.empty() ? "nothing" : describe_request(check.asks.front(), answers.begin()->second.request);
    return {Verdict::inconclusive, what,
            sent.over_budget ? "was not asked: " + sent.not_sent : "could not be asked on: " + sent.not_sent};
  }
  Judged unknown{Verdict::inconclusive, {}, {}};
  std::string seen;
  for (const Expectation& expectation : check.expect) {
    const auto answer = answers.find(expectation.of);
    const RuleEntry* rule = find_rule(expectation.rule);
    if (answer == answers.end() || rule == nullptr) continue;
    const Finding finding =
        rule->judge({target, expectation.parameter, answer->second, answers, sent.references.nonce, shapes});
    const auto described = [&] {
      return describe_request(ask_named(check, expectation.of), answer->second.request);
    };
    if (finding.kind == Finding::Kind::broken)
      return {check.level == Level::must ? Verdict::fail : Verdict::warn, described(), finding.did};
    if (finding.kind == Finding::Kind::unknown && unknown.did.empty())
      unknown = {Verdict::inconclusive, described(), finding.did};
    if (finding.kind == Finding::Kind::holds && !finding.did.empty() &&
        seen.find(finding.did) == std::string::npos)
      seen += (seen.empty() ? "" : " and ") + finding.did;
  }
  if (!unknown.did.empty()) return unknown;
  const Ask& last = ask_named(check, check.expect.back().of);
  const auto answer = answers.find(last.as);
  return {Verdict::pass, answer == answers.end() ? "" : describe_request(last, answer->second.request),
          seen.empty() ? "did so" : seen};
}

std::string sentence(const Check& check, const Target& target, const Judged& judged) {
  std::string out = fmt::format("Sent {}: the endpoint {}.", judged.sent, judged.did);
  if (judged.verdict == Verdict::pass) return out;
  out += fmt::format(" {} ({}", check.requirement, to_string(check.level));
  if (const std::string source = check.source_for(target.protocol); !source.empty()) out += "; " + source;
  return out + ")";
}

}  // namespace assay::probe
