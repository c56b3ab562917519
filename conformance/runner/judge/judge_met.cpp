#include "conformance/runner/judge/judge_met.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "conformance/runner/judge/journal_query.h"

namespace assay::conformance {
namespace {

const FakeSpec* fake_named(const WorldPlan& plan, const std::string& name) {
  const auto found = std::find_if(plan.spec.fakes.begin(), plan.spec.fakes.end(),
                                  [&](const FakeSpec& fake) { return fake.name == name; });
  return found == plan.spec.fakes.end() ? nullptr : &*found;
}

std::vector<std::uint64_t> seqs_of(const Entries& entries) {
  constexpr std::size_t kMost = 5;
  std::vector<std::uint64_t> out;
  for (const auto& entry : entries)
    if (out.size() < kMost) out.push_back(entry->seq);
  return out;
}

bool leaves_open(const Request& request) {
  const std::string* option = find_header(request.headers, "connection");
  return request.version != "HTTP/1.0" && (option == nullptr || !iequals(*option, "close"));
}

class MetJudge {
 public:
  MetJudge(const Case& one, const WorldPlan& plan, const Observation& observation)
      : case_(one), plan_(plan), seen_(observation) {}

  MetResult judge() {
    for (const MetPart& part : case_.met) take(part);
    if (const std::string tool = not_offered(); !tool.empty())
      out_.not_applicable = "the client does not offer the tool " + tool + ", which the model is to call";
    for (const std::string& need : case_.free_needs) {
      if (out_.not_applicable.empty() && !has(need)) out_.not_applicable = unseen(need);
    }
    return std::move(out_);
  }

 private:
  void add(std::string text, bool ok, std::vector<std::uint64_t> evidence, const std::string& missing) {
    if (!ok && out_.missing.empty()) out_.missing = missing;
    out_.parts.push_back({std::move(text), ok, std::move(evidence)});
  }

  void take(const MetPart& part) {
    switch (part.kind) {
      case MetPart::Kind::event:
        return event(part);
      case MetPart::Kind::journal: {
        const Entries found = select(parse_query(part.what).value(), seen_.journal);
        return add("\"" + part.what + "\" happened", !found.empty(), seqs_of(found),
                   "\"" + part.what + "\" did not happen");
      }
      case MetPart::Kind::result:
        return result(part.what);
      case MetPart::Kind::request:
        return request(part);
      case MetPart::Kind::faults:
        return faults();
    }
  }

  void event(const MetPart& part) {
    const auto reports = [&](const Outcome& outcome) {
      return std::any_of(outcome.events.begin(), outcome.events.end(), [&](const auto& event) {
        return event.second.value("kind", "") == part.what ||
               (event.second.value("kind", "") == "prompt" && event.second.value("prompt", "") == part.what);
      });
    };
    bool ok = false;
    for (const auto& [label, outcomes] : seen_.outcomes) {
      if (part.label.empty() || part.label == label)
        ok = ok || std::any_of(outcomes.begin(), outcomes.end(), reports);
    }
    const std::string of = part.label.empty() ? "" : " by " + part.label;
    add(part.what + " was reported" + of, ok, {}, "the client did not report " + part.what + of);
  }

  void result(const std::string& label) {
    const auto found = seen_.outcomes.find(label);
    const bool ok = found != seen_.outcomes.end() && !found->second.empty() &&
                    found->second.back().end == Outcome::End::result;
    add(label + " ended with a result", ok, {}, label + " did not end with a result");
  }

  // Where a listener refuses, what the operation ended with is all that can be seen.
  void request(const MetPart& part) {
    const std::string route = route_of(part.what, part.provider, plan_);
    const FakeSpec* fake = fake_named(plan_, route.substr(0, route.find(' ')));
    if (fake == nullptr || fake->listen.kind != wire::ListenerMode::Kind::normal) {
      for (const auto& [label, outcomes] : seen_.outcomes) {
        if (!label.empty() && !outcomes.empty() && outcomes.back().op == part.what) return result(label);
      }
      return add(part.what + " ended", false, {}, part.what + " did not end with a result");
    }
    const Entries found = select(parse_query(route).value(), seen_.journal);
    out_.asked = out_.asked && !found.empty();
    add(fmt::format("the request of {} arrived ({})", part.what, route), !found.empty(), seqs_of(found),
        fmt::format("no request of {} arrived ({})", part.what, route));
  }

  void faults() {
    std::set<std::pair<std::string, std::string>> ordered;
    for (const FakeSpec& fake : plan_.spec.fakes) {
      for (const RuleSpec& rule : fake.rules) {
        for (const wire::FaultUse& fault : rule.faults) {
          if (!ordered.emplace(fake.name, fault.name).second) continue;
          Entries found;
          for (const auto& entry : seen_.journal) {
            if (entry->kind == JournalKind::fault && entry->actor == fake.name && entry->text == fault.name)
              found.push_back(entry);
          }
          add(fmt::format("the fault {} of {} was sent", fault.name, fake.name), !found.empty(),
              seqs_of(found),
              fmt::format("the fault {} was not sent: the request for it did not arrive at {}", fault.name,
                          fake.name));
        }
      }
    }
  }

  // A model calls tools that were offered, and no others: the fake notes what it could not call.
  std::string not_offered() const {
    for (const auto& entry : seen_.journal) {
      if (entry->kind == JournalKind::note && entry->text == "tool not offered")
        return entry->detail.value("name", "");
    }
    return {};
  }

  bool has(const std::string& need) const {
    if (need == "usage")
      return std::none_of(seen_.journal.begin(), seen_.journal.end(), [](const auto& entry) {
        return entry->kind == JournalKind::note && entry->text == "usage not asked for";
      });
    std::map<std::string, std::size_t> asked;
    if (need == "keep-alive")
      return std::any_of(seen_.journal.begin(), seen_.journal.end(),
                         [](const auto& entry) { return entry->request && leaves_open(*entry->request); });
    if (need == "models") return !select(parse_query("GET models").value(), seen_.journal).empty();
    for (const Operation& operation : operations_of(case_.steps)) {
      const std::string route = route_of(operation.op, operation.provider, plan_);
      if (!route.empty()) ++asked[route];
    }
    return std::any_of(asked.begin(), asked.end(), [&](const auto& one) {
      return select(parse_query(one.first).value(), seen_.journal).size() > one.second;
    });
  }

  static std::string unseen(const std::string& need) {
    for (const Need& one : all_needs())
      if (one.name == need)
        return fmt::format("{}, and the case is about one that does ({})", one.unseen, one.name);
    return need;
  }

  const Case& case_;
  const WorldPlan& plan_;
  const Observation& seen_;
  MetResult out_;
};

}  // namespace

std::string route_of(const std::string& op, const std::string& provider, const WorldPlan& plan) {
  const bool chats = op == "chat" || op == "resume" || op == "tool_results";
  const bool signs_in = op == "login" || op == "refresh";
  if (!chats && op != "models" && !signs_in) return {};
  std::string fake;
  if (const auto second = plan.second.find(provider); second != plan.second.end() && !signs_in)
    fake = second->second;
  // A world has one of the two kinds of authorization server.
  for (const char* role : {signs_in ? "auth" : "inference", signs_in ? "oauth" : "inference"}) {
    const auto found = plan.roles.find(role);
    if (fake.empty() && found != plan.roles.end()) fake = found->second;
  }
  if (fake.empty()) return {};
  if (chats) return fake + " POST chat";
  return fake + (op == "models" ? " GET models" : op == "refresh" ? " POST *" : " request");
}

MetResult judge_met(const Case& one, const WorldPlan& plan, const Observation& observation) {
  return MetJudge(one, plan, observation).judge();
}

}  // namespace assay::conformance
