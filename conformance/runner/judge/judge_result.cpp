#include <fmt/format.h>

#include <algorithm>

#include "conformance/runner/judge/judge.h"
#include "harness/world/condition.h"

namespace assay::conformance {
namespace {

using nlohmann::json;

std::string how_it_ended(const Outcome& outcome) {
  const std::string message = outcome.result.is_object() ? outcome.result.value("message", "") : "";
  switch (outcome.end) {
    case Outcome::End::result:
      return "a result";
    case Outcome::End::skipped:
      return "skipped: " + (outcome.result.is_object() ? outcome.result.value("reason", "") : "");
    case Outcome::End::errored:
      return "errored: " + message;
    case Outcome::End::timeout:
      return "timed out: " + message;
    case Outcome::End::crash:
      return "crashed: " + message;
  }
  return {};
}

class ResultJudge {
 public:
  ResultJudge(const Outcome& outcome, const Observation& observation)
      : outcome_(outcome), observation_(observation) {}

  Judgement judge(const json& demand) {
    if (outcome_.end != Outcome::End::result) {
      // A deadline may be the requirement itself; everything else needs a result.
      return {false, fmt::format("{} {}", name(), how_it_ended(outcome_)), {}};
    }
    for (const auto& [key, value] : demand.items()) field(key, value);
    if (!judgement_.ok && outcome_.result.contains("error") &&
        judgement_.observed.find("error") == std::string::npos) {
      judgement_.observed += " (error: " + shown(outcome_.result["error"]) + ")";
    }
    return judgement_;
  }

 private:
  std::string name() const { return outcome_.label.empty() ? outcome_.op : outcome_.label; }

  void miss(const std::string& what) {
    judgement_.ok = false;
    if (!judgement_.observed.empty()) judgement_.observed += ", ";
    judgement_.observed += name() + "." + what;
  }

  // Any value against any condition.
  void demand_of(const std::string& what, const json& demand, const json* found) {
    const auto conditions = parse_condition(demand);
    if (!conditions) return miss(what + ": " + conditions.error().message);
    if (!all_hold(*conditions, found))
      miss(fmt::format("{} is {}", what, found == nullptr ? "absent" : shown(*found)));
  }

  void field(const std::string& key, const json& demand) {
    if (key == "within") return within(parse_duration(demand.get<std::string>()).value_or(Micros(0)));
    if (key == "error" && demand.is_object()) return error(demand);
    if (key == "text" && demand.is_string()) return text(demand.get<std::string>());
    if (key == "tool_calls" && demand == "from-turn") return tool_calls();
    if (key == "ids") return ids(demand);
    if (key == "contains") return contains(demand);
    if (key == "executed" && demand.is_array()) return executed(demand);
    if (key == "events") return events(demand);
    demand_of(key, demand, at_pointer(outcome_.result, key.starts_with('/') ? key : "/" + key));
  }

  void within(Micros most) {
    const Micros took = outcome_.ended - outcome_.started;
    if (took > most) miss(fmt::format("within: it took {} ms", took.count() / 1000));
  }

  void text(const std::string& demand) {
    const json* found = at_pointer(outcome_.result, "/text");
    json wanted = demand;
    if (demand == "from-turn" || demand.starts_with("from-turn ")) {
      const std::string turn = demand.size() > 10 ? demand.substr(10) : observation_.first_turn;
      if (!observation_.turns.contains(turn))
        return miss("text: there is no turn \"" + turn + "\" to compare with");
      wanted = observation_.turns[turn].value("text", "");
    }
    if (found == nullptr || *found != wanted) {
      miss(fmt::format("text is {}, not {}", found == nullptr ? "absent" : shown(*found), shown(wanted)));
    }
  }

  void tool_calls() {
    const json* found = at_pointer(outcome_.result, "/tool_calls");
    const json wanted = observation_.turns.contains(observation_.first_turn)
                            ? observation_.turns[observation_.first_turn].value("tool_calls", json::array())
                            : json::array();
    if (found == nullptr || *found != wanted) {
      miss(fmt::format("tool_calls is {}, not {}", found == nullptr ? "absent" : shown(*found),
                       shown(wanted)));
    }
  }

  void ids(const json& demand) {
    const json* found = at_pointer(outcome_.result, "/ids");
    if (demand == "seeds") {
      if (found == nullptr || *found != json(observation_.seeds)) {
        miss(fmt::format("ids is {}, not the seeds", found == nullptr ? "absent" : shown(*found)));
      }
    } else {
      demand_of("ids", demand, found);
    }
  }

  // `contains: [{provider: A, id: x}]` wants a model with at least these members; a text wants that text
  // anywhere in the result.
  void contains(const json& demand) {
    if (!demand.is_array()) {
      if (outcome_.result.dump().find(demand.is_string() ? demand.get<std::string>() : demand.dump()) ==
          std::string::npos) {
        miss("result does not contain " + shown(demand));
      }
      return;
    }
    const json models = outcome_.result.value("models", json::array());
    for (const json& wanted : demand) {
      const bool there = std::any_of(models.begin(), models.end(), [&](const json& model) {
        return std::all_of(wanted.items().begin(), wanted.items().end(), [&](const auto& item) {
          return model.contains(item.key()) && model[item.key()] == item.value();
        });
      });
      if (!there) miss("models lacks " + shown(wanted));
    }
  }

  void executed(const json& demand) {
    json names = json::array();
    for (const json& call : outcome_.result.value("executed", json::array()))
      names.push_back(call.value("name", ""));
    if (names != demand) miss("executed is " + shown(names));
  }

  void events(const json& demand) {
    for (const auto& [kind, condition] : demand.items()) {
      const auto count =
          std::count_if(outcome_.events.begin(), outcome_.events.end(),
                        [&, &k = kind](const auto& event) { return event.second.value("kind", "") == k; });
      const json found = count;
      demand_of("events." + kind, condition, &found);
    }
  }

  void error(const json& demand) {
    const json* error = at_pointer(outcome_.result, "/error");
    if (error == nullptr || !error->is_object())
      return miss("error is absent (ok: " + shown(outcome_.result.value("ok", json())) + ")");
    for (const auto& [key, value] : demand.items()) {
      if (key == "category" && value.is_array()) {
        demand_of("error.category", {{"in", value}}, at_pointer(*error, "/category"));
      } else if (key == "mentions") {
        const std::string message = error->value("message", "");
        for (const json& word : value.is_array() ? value : json::array({value})) {
          const std::string wanted = word.is_string() ? word.get<std::string>() : word.dump();
          if (message.find(wanted) == std::string::npos)
            miss(fmt::format("error.message does not mention {}: {}", shown(word), shown(message)));
        }
      } else {
        demand_of("error." + key, value, at_pointer(*error, "/" + key));
      }
    }
  }

  const Outcome& outcome_;
  const Observation& observation_;
  Judgement judgement_;
};

}  // namespace

namespace {

// What the journal has of one outcome: the trouble that the client met while it worked, and what it said at
// its end.
std::vector<std::uint64_t> evidence_of(const Outcome& outcome, const Observation& observation) {
  constexpr std::size_t kMost = 5;
  std::vector<std::uint64_t> out;
  for (const auto& entry : observation.journal) {
    if (entry->at < outcome.started) continue;
    const bool trouble = entry->at <= outcome.ended &&
                         ((entry->kind == JournalKind::response && entry->status >= 400) ||
                          entry->kind == JournalKind::fault || entry->kind == JournalKind::peer_closed ||
                          entry->kind == JournalKind::timeout);
    const bool end = entry->kind == JournalKind::action && entry->actor == "client" &&
                     entry->text.ends_with(" as " + outcome.label);
    if ((trouble && out.size() + 1 < kMost) || (end && out.size() < kMost)) out.push_back(entry->seq);
  }
  return out;
}

}  // namespace

Judgement judge_result(const Predicate& predicate, const Observation& observation) {
  const auto found = observation.outcomes.find(predicate.subject);
  if (found == observation.outcomes.end() || found->second.empty()) {
    return {false, predicate.subject + " was never reached", {}};
  }
  if (!predicate.each) {
    Judgement one = ResultJudge(found->second.back(), observation).judge(predicate.body);
    if (!one.ok) one.evidence = evidence_of(found->second.back(), observation);
    return one;
  }
  Judgement all;
  for (std::size_t i = 0; i < found->second.size(); ++i) {
    const Judgement one = ResultJudge(found->second[i], observation).judge(predicate.body);
    if (one.ok) continue;
    all.ok = false;
    all.observed += fmt::format("{}#{} of {}: {}", all.observed.empty() ? "" : "; ", i + 1,
                                found->second.size(), one.observed);
  }
  return all;
}

}  // namespace assay::conformance
