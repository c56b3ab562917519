#include "conformance/runner/judge/judge.h"

#include <fmt/format.h>

#include <algorithm>

#include "conformance/runner/judge/expectation.h"
#include "conformance/runner/judge/phrase.h"

namespace assay::conformance {
namespace {

using nlohmann::json;
using Kind = Predicate::Kind;

Judgement judge_one(const Predicate& predicate, const Observation& observation);

Judgement judge_all(const std::vector<Predicate>& predicates, const Observation& observation) {
  Judgement all;
  for (const Predicate& predicate : predicates) {
    Judgement one = judge_one(predicate, observation);
    all.evidence.insert(all.evidence.end(), one.evidence.begin(), one.evidence.end());
    if (one.ok) continue;
    all.ok = false;
    all.settled = all.settled || one.settled;
    all.facts.insert(all.facts.end(), one.facts.begin(), one.facts.end());
  }
  return all;
}

Judgement judge_any(const Predicate& predicate, const Observation& observation) {
  Judgement none;
  none.ok = false;
  none.settled = true;
  for (const auto& choice : predicate.choices) {
    Judgement one = judge_all(choice, observation);
    if (one.ok) return one;
    none.settled = none.settled && one.settled;
    none.evidence.insert(none.evidence.end(), one.evidence.begin(), one.evidence.end());
    none.facts.insert(none.facts.end(), one.facts.begin(), one.facts.end());
  }
  // Whether it succeeded is told before the details of one way to succeed.
  std::stable_partition(none.facts.begin(), none.facts.end(), [](const std::string& fact) {
    return fact.find(" succeeded") != std::string::npos || fact.find(" failed: ") != std::string::npos;
  });
  return none;
}

Judgement judge_one(const Predicate& predicate, const Observation& observation) {
  if (predicate.kind == Kind::any_of) return judge_any(predicate, observation);
  auto body = resolved(predicate.body, observation);
  if (!body) return {false, {body.error().message}, {}};
  switch (predicate.kind) {
    case Kind::result: {
      Predicate with = predicate;
      with.body = std::move(*body);
      return judge_result(with, observation);
    }
    case Kind::browser:
      return judge_browser(*body, observation);
    case Kind::journal:
      return judge_journal(*body, observation);
    case Kind::never:
      return judge_never(*body, observation);
    case Kind::store:
      return judge_store(*body, observation);
    case Kind::credential_files:
      return judge_credential_files(*body, observation);
    case Kind::exit:
      return judge_exit(*body, observation);
    case Kind::gap:
      return judge_gap(*body, observation);
    case Kind::any_of:
      break;
  }
  return {};
}

// A cut that was not confirmed, on a connection that went on: what came after it may have been read together
// with what came before. Where the peer went away at the cut, nothing came after.
bool has_unconfirmed_cut(const std::vector<std::shared_ptr<const JournalEntry>>& journal) {
  for (auto it = journal.begin(); it != journal.end(); ++it) {
    if ((*it)->kind != JournalKind::unconfirmed_cut) continue;
    const auto next = std::find_if(it + 1, journal.end(),
                                   [&](const auto& entry) { return entry->connection == (*it)->connection; });
    if (next == journal.end() || (*next)->kind != JournalKind::peer_closed) return true;
  }
  return false;
}

}  // namespace

Result<json> resolved(const json& value, const Observation& observation) {
  if (value.is_string()) {
    auto text = value.get<std::string>();
    for (auto at = text.find("${"); at != std::string::npos; at = text.find("${", at)) {
      const auto end = text.find('}', at);
      if (end == std::string::npos) break;
      const std::string name = text.substr(at + 2, end - at - 2);
      const json found = observation.resolve ? observation.resolve(name) : json();
      if (found.is_null()) return fail("nothing is known as ${" + name + "}");
      if (at == 0 && end + 1 == text.size()) return found;
      const std::string by = found.is_string() ? found.get<std::string>() : found.dump();
      text.replace(at, end - at + 1, by);
      at += by.size();
    }
    return json(text);
  }
  if (!value.is_structured()) return value;
  json out = value.is_array() ? json::array() : json::object();
  for (auto it = value.begin(); it != value.end(); ++it) {
    auto item = resolved(*it, observation);
    if (!item) return item;
    if (value.is_array()) {
      out.push_back(std::move(*item));
    } else {
      out[it.key()] = std::move(*item);
    }
  }
  return out;
}

CheckResult judge(const Check& check, const Observation& observation) {
  const Judgement judgement = judge_all(check.predicates, observation);
  CheckResult out;
  out.name = check.name;
  out.ok = judgement.ok;
  out.settled = !judgement.ok && judgement.settled;
  out.expected = expected_sentence(check, phrase::operations_of(observation), &observation);
  if (!judgement.ok) out.observed = phrase::sentence(judgement.facts);
  out.evidence = judgement.evidence;
  std::sort(out.evidence.begin(), out.evidence.end());
  out.evidence.erase(std::unique(out.evidence.begin(), out.evidence.end()), out.evidence.end());
  out.unconfirmed = has_unconfirmed_cut(observation.journal);
  return out;
}

}  // namespace assay::conformance
