#include <fmt/format.h>

#include <algorithm>

#include "conformance/runner/judge/judge.h"
#include "conformance/runner/judge/phrase.h"
#include "harness/world/condition.h"

namespace assay::conformance {
namespace {

using nlohmann::json;
using phrase::value;

std::string message_of(const Outcome& outcome, const char* key) {
  return outcome.result.is_object() ? outcome.result.value(key, "") : "";
}

// How an operation without a result ended.
std::string how_it_ended(const Outcome& outcome) {
  switch (outcome.end) {
    case Outcome::End::result:
      return "ended";
    case Outcome::End::skipped:
      return "was skipped: " + message_of(outcome, "reason");
    case Outcome::End::errored:
      return "ended with an error of the adapter: " + message_of(outcome, "message");
    case Outcome::End::timeout:
      return "timed out: " + message_of(outcome, "message");
    case Outcome::End::crash:
      return "crashed: " + message_of(outcome, "message");
  }
  return {};
}

// How two texts differ: cut off, repeated, or from where on.
std::string text_difference(const std::string& found, const std::string& wanted) {
  if (found.empty()) return "the text is empty (expected: " + value(wanted) + ")";
  if (wanted.starts_with(found)) {
    return fmt::format("the text is cut off after {} of {} bytes: {}", found.size(), wanted.size(),
                       value(found));
  }
  if (!wanted.empty() && found.starts_with(wanted)) {
    return fmt::format("the text has {} more bytes than the model sent: {}", found.size() - wanted.size(),
                       value(found.substr(wanted.size())));
  }
  std::size_t same = 0;
  while (same < found.size() && same < wanted.size() && found[same] == wanted[same]) ++same;
  constexpr std::size_t kBefore = 40;
  if (same <= kBefore) return fmt::format("the text is {} (expected: {})", value(found), value(wanted));
  std::size_t from = same - kBefore;
  while (from > 0 && (static_cast<unsigned char>(wanted[from]) & 0xC0U) == 0x80U) --from;
  return fmt::format("the text differs after {} bytes: {} (expected: {})", same, value(found.substr(from)),
                     value(wanted.substr(from)));
}

class ResultJudge {
 public:
  ResultJudge(const Outcome& outcome, const Observation& observation)
      : outcome_(outcome), observation_(observation) {}

  Judgement judge(const json& demand) {
    if (outcome_.end != Outcome::End::result) {
      // A deadline may be the requirement itself; everything else needs a result.
      miss(name() + " " + how_it_ended(outcome_));
      if (outcome_.end == Outcome::End::timeout && demand.contains("within"))
        within(parse_duration(demand["within"].get<std::string>()).value_or(Micros(0)));
      return judgement_;
    }
    // Whether it succeeded comes first. Where that is not as demanded, its other fields follow from it.
    if (demand.contains("ok") && !success(demand["ok"])) {
      if (demand.contains("exit")) field("exit", demand["exit"]);
      return judgement_;
    }
    for (const auto& [key, wanted] : demand.items()) {
      if (key != "ok") field(key, wanted);
    }
    return judgement_;
  }

 private:
  std::string name() const {
    return outcome_.label.empty() ? "the " + outcome_.op
                                  : phrase::subject(outcome_.label, phrase::operations_of(observation_));
  }

  void miss(std::string fact) {
    judgement_.ok = false;
    judgement_.facts.push_back(std::move(fact));
  }

  bool success(const json& demand) {
    const json* found = at_pointer(outcome_.result, "/ok");
    const auto conditions = parse_condition(demand);
    if (conditions && all_hold(*conditions, found)) return true;
    if (found == nullptr) {
      miss(name() + " did not say whether it succeeded");
    } else if (*found == true) {
      miss(fmt::format("{} succeeded{}", name(), trouble(", although ")));
    } else {
      miss(name() + " failed" + error_words());
    }
    return false;
  }

  // ": \"message\" (401)" of the error that the client reported.
  std::string error_words() const {
    const json* error = at_pointer(outcome_.result, "/error");
    if (error == nullptr || !error->is_object()) return {};
    std::string out;
    if (error->contains("message")) out = ": " + value((*error)["message"], 300);
    const json* status = at_pointer(*error, "/status");
    const json* category = at_pointer(*error, "/category");
    std::vector<std::string> more;
    if (category != nullptr && category->is_string()) more.push_back(category->get<std::string>());
    if (status != nullptr && status->is_number()) more.push_back("status " + status->dump());
    if (!more.empty()) out += " (" + phrase::list(more, ", ") + ")";
    return out;
  }

  // What went wrong on the wire while it ran, after `before`; empty when nothing did.
  std::string trouble(std::string_view before) const {
    int status = 0;
    std::string fault;
    for (const auto& entry : observation_.journal) {
      if (entry->at < outcome_.started || entry->at > outcome_.ended || entry->actor == "browser") continue;
      if (entry->kind == JournalKind::response) status = entry->status;
      if (entry->kind == JournalKind::fault) fault = entry->text;
    }
    if (status >= 400) return fmt::format("{}the request failed with {}", before, status);
    if (!fault.empty()) return fmt::format("{}the response had the fault {}", before, value(fault));
    return {};
  }

  // Any value against any condition.
  void demand_of(const std::string& what, const json& demand, const json* found) {
    const auto conditions = parse_condition(demand);
    if (!conditions) return miss(what + ": " + conditions.error().message);
    if (all_hold(*conditions, found)) return;
    const std::string wanted = phrase::condition(demand);
    if (found == nullptr) return miss(fmt::format("{} is missing (expected: {})", what, wanted));
    miss(fmt::format("{} is {} (expected: {})", what, value(*found), wanted));
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
    const json* found = at_pointer(outcome_.result, key.starts_with('/') ? key : "/" + key);
    if (key == "said" && found != nullptr && found->is_string() && demand.is_string()) {
      if (*found != demand) miss("the output reports " + found->get<std::string>());
      return;
    }
    if (key == "exit" || key == "signal") return ended_by(key, demand, found);
    demand_of(fmt::format("{} of {}", phrase::field(key), name()), demand, found);
  }

  // "The program exited 0, but the request failed with 401."
  void ended_by(const std::string& key, const json& demand, const json* found) {
    const auto conditions = parse_condition(demand);
    if (!conditions || all_hold(*conditions, found)) return;
    if (found == nullptr) return miss(fmt::format("the {} of the program is not known", key));
    if (key == "signal") return miss("the program was killed by signal " + found->dump());
    if (*found != 0)
      return miss(
          fmt::format("the program exited {} (expected: {})", found->dump(), phrase::condition(demand)));
    std::string why = trouble(", but ");
    if (why.empty() && outcome_.result.value("ok", true) == false) why = ", but it reported a failure";
    miss("the program exited 0" + why);
  }

  void within(Micros most) {
    // From its first request on: how long a program takes to start is no matter of its patience.
    const Micros from = outcome_.first_request > Micros(0) ? outcome_.first_request : outcome_.started;
    const Micros took = outcome_.ended - from;
    const CaseTime& time = observation_.time;
    if (took <= most + time.slack(most) + time.work(from, outcome_.ended)) return;
    judgement_.settled = true;
    // One that has not ended said so already.
    if (outcome_.end == Outcome::End::result)
      miss(fmt::format("{} took {} (expected: at most {})", name(), phrase::duration(took),
                       phrase::duration(most)));
  }

  void text(const std::string& demand) {
    const json* found = at_pointer(outcome_.result, "/text");
    std::string wanted = demand;
    if (demand == "from-turn" || demand.starts_with("from-turn ")) {
      const std::string turn = demand.size() > 10 ? demand.substr(10) : observation_.first_turn;
      if (!observation_.turns.contains(turn))
        return miss("there is no turn \"" + turn + "\" to compare the text with");
      wanted = observation_.turns[turn].value("text", "");
    }
    if (found == nullptr || !found->is_string())
      return miss(fmt::format("{} returned no text (expected: {})", name(), value(wanted)));
    if (const auto& got = found->get_ref<const std::string&>(); got != wanted) {
      miss(text_difference(got, wanted));
      if (std::string cause = trouble(""); !cause.empty()) miss(std::move(cause));
    }
  }

  void tool_calls() {
    const json* found = at_pointer(outcome_.result, "/tool_calls");
    const json wanted = observation_.turns.contains(observation_.first_turn)
                            ? observation_.turns[observation_.first_turn].value("tool_calls", json::array())
                            : json::array();
    if (found == nullptr || *found != wanted) {
      miss(fmt::format("the tool calls of {} are {} (expected: {})", name(),
                       found == nullptr ? "missing" : value(*found), value(wanted)));
    }
  }

  void ids(const json& demand) {
    const json* found = at_pointer(outcome_.result, "/ids");
    if (demand == "seeds") {
      if (found == nullptr || *found != json(observation_.seeds)) {
        miss(fmt::format("{} contains {} (expected: the built-in models)", name(),
                         found == nullptr ? "no ids" : value(*found)));
      }
    } else {
      demand_of("the ids of " + name(), demand, found);
    }
  }

  // `contains: [{provider: A, id: x}]` wants a model with at least these members; a text wants that text
  // anywhere in the result.
  void contains(const json& demand) {
    if (!demand.is_array()) {
      if (outcome_.result.dump().find(demand.is_string() ? demand.get<std::string>() : demand.dump()) ==
          std::string::npos) {
        miss(fmt::format("the result of {} does not contain {}", name(), value(demand)));
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
      if (!there) miss(fmt::format("{} does not contain {}", name(), value(wanted)));
    }
  }

  void executed(const json& demand) {
    json names = json::array();
    for (const json& call : outcome_.result.value("executed", json::array()))
      names.push_back(call.value("name", ""));
    if (names != demand)
      miss(fmt::format("the tool calls that ran are {} (expected: {})", value(names), value(demand)));
  }

  void events(const json& demand) {
    for (const auto& [kind, condition] : demand.items()) {
      const auto count =
          std::count_if(outcome_.events.begin(), outcome_.events.end(),
                        [&, &k = kind](const auto& event) { return event.second.value("kind", "") == k; });
      const json found = count;
      const auto conditions = parse_condition(condition);
      if (conditions && all_hold(*conditions, &found)) continue;
      miss(fmt::format("{} reported {} {} time{} (expected: {})", name(), kind, count, count == 1 ? "" : "s",
                       phrase::count(condition)));
    }
  }

  void error(const json& demand) {
    const json* error = at_pointer(outcome_.result, "/error");
    if (error == nullptr || !error->is_object()) return miss(name() + " reported no error");
    for (const auto& [key, wanted] : demand.items()) {
      if (key == "category" && wanted.is_array()) {
        demand_of("the error category", {{"in", wanted}}, at_pointer(*error, "/category"));
      } else if (key == "mentions") {
        const std::string message = error->value("message", "");
        for (const json& word : wanted.is_array() ? wanted : json::array({wanted})) {
          const std::string text = word.is_string() ? word.get<std::string>() : word.dump();
          if (message.find(text) == std::string::npos)
            miss(fmt::format("the error message does not contain {}: {}", value(word), value(message, 300)));
        }
      } else {
        demand_of("the error " + phrase::field(key), wanted, at_pointer(*error, "/" + key));
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
    const bool trouble =
        entry->at <= outcome.ended && ((entry->kind == JournalKind::response && entry->status >= 400) ||
                                       entry->kind == JournalKind::fault ||
                                       (entry->kind == JournalKind::peer_closed &&
                                        entry->text.find("between requests") == std::string::npos) ||
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
    return {false, {fmt::format("step \"{}\" was never reached", predicate.subject)}, {}};
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
    all.settled = all.settled || one.settled;
    for (const std::string& fact : one.facts)
      all.facts.push_back(fmt::format("#{} of {}: {}", i + 1, found->second.size(), fact));
  }
  return all;
}

}  // namespace assay::conformance
