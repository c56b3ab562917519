#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "conformance/runner/judge/journal_query.h"
#include "conformance/runner/judge/judge.h"
#include "conformance/runner/judge/phrase.h"
#include "fakes/inference-api/conversation.h"
#include "fakes/inference-api/routes.h"
#include "harness/world/condition.h"

namespace assay::conformance {
namespace {

using nlohmann::json;

Judgement wrong(std::string why) {
  return {false, {std::move(why)}, {}};
}

// An ordered subsequence: every line, each after the one before.
Judgement judge_sequence(const json& lines, const Observation& observation) {
  Judgement out;
  const Entries& journal = observation.journal;
  Statuses statuses(journal);
  std::size_t from = 0;
  for (const json& line : lines) {
    const auto query = parse_query(line.get<std::string>());
    if (!query) return wrong(query.error().message);
    const auto found = std::find_if(
        journal.begin() + static_cast<std::ptrdiff_t>(from), journal.end(), [&](const auto& entry) {
          return fits(*query, *entry) && (query->status == 0 || statuses.of(*entry) == query->status);
        });
    if (found == journal.end()) {
      out.ok = false;
      out.facts = {fmt::format("there was no {}{}", phrase::entries(line.get<std::string>(), false),
                               &line == &lines.front() ? "" : " after the ones before it in the list")};
      return out;
    }
    out.evidence.push_back((*found)->seq);
    from = static_cast<std::size_t>(found - journal.begin()) + 1;
  }
  return out;
}

bool request_fits(const RequestMatch& match, const JournalEntry& entry) {
  return entry.request && matches(match, *entry.request);
}

// Everything in `group` of an entry's detail, for entries that are not requests ("opener exec": {argv: {1:
// ...}}).
bool detail_fits(const json& group, const char* name, const JournalEntry& entry) {
  const json* detail =
      std::string_view(name) == "detail" ? &entry.detail : at_pointer(entry.detail, std::string("/") + name);
  return std::all_of(group.items().begin(), group.items().end(), [&](const auto& item) {
    const auto conditions = parse_condition(item.value());
    const std::string pointer = item.key().starts_with('/') ? item.key() : "/" + item.key();
    return conditions && all_hold(*conditions, detail == nullptr ? nullptr : at_pointer(*detail, pointer));
  });
}

// The entries between the ends of two labelled operations, where the test asks for that.
Entries window(const json& test, const Observation& observation) {
  Micros from{0}, to = Micros::max();
  if (test.contains("after")) {
    const auto found = observation.outcomes.find(test["after"].get<std::string>());
    if (found != observation.outcomes.end() && !found->second.empty()) from = found->second.back().ended;
  }
  if (test.contains("before")) {
    const auto found = observation.outcomes.find(test["before"].get<std::string>());
    if (found != observation.outcomes.end() && !found->second.empty()) to = found->second.front().started;
  }
  Entries out;
  for (const auto& entry : observation.journal) {
    if (entry->at >= from && entry->at <= to) out.push_back(entry);
  }
  return out;
}

// What a chat request says, whatever its protocol; null of any other request.
json said_in(const Request& request) {
  const auto route = fakes::find_route(request, {"/v1", "", "/openai/v1", "/api/v1"});
  if (route.kind != fakes::Route::Kind::chat) return nullptr;
  return fakes::read_conversation(json::parse(request.body, nullptr, false), route.protocol);
}

// The value at `name` in one part of a request; nullopt when it has none.
std::optional<json> part_of(const Request& request, std::string_view group, const std::string& name) {
  std::optional<std::string> text;
  if (group == "header") {
    const std::string* found = find_header(request.headers, name);
    if (found != nullptr) text = *found;
  } else if (group == "query") {
    text = query_value(request.target, name);
  } else if (group == "form") {
    text = query_value("?" + request.body, name);
  } else {
    const json body = json::parse(request.body, nullptr, false);
    const json* found = body.is_discarded() ? nullptr : at_pointer(body, name);
    if (found != nullptr) return *found;
  }
  if (!text) return std::nullopt;
  return json(*text);
}

// What of `group` in the first request that does not fit is not as demanded.
Result<std::string> part_fact(const std::string& line, const Entries& found, const char* group,
                              const json& fields) {
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i]->request) return fmt::format("the {} is not a request", phrase::entries(line, false));
    for (const auto& [name, demand] : fields.items()) {
      const auto match = parse_match({{group, {{name, demand}}}}, path_aliases());
      if (!match) return tl::unexpected(match.error());
      if (request_fits(*match, *found[i])) continue;
      const auto seen = part_of(*found[i]->request, group, name);
      const std::string which =
          found.size() == 1 || line.find('#') != std::string::npos
              ? "the " + phrase::entries(line, false)
              : fmt::format("{} ({} of {})", phrase::entries(line, false), i + 1, found.size());
      const std::string what = name.empty() ? std::string(group) : fmt::format("{} {}", group, name);
      return fmt::format("{} has {} {} (expected: {})", which, seen ? what : "no " + what,
                         seen ? phrase::value(*seen) : "", phrase::condition(demand));
    }
  }
  return std::string();
}

// Whether no more entries would be the number that is demanded either.
bool too_many(const std::vector<Condition>& conditions, std::size_t found) {
  constexpr std::size_t kMore = 1000;
  for (std::size_t more = found + 1; more <= found + kMore; ++more) {
    const json count = more;
    if (all_hold(conditions, &count)) return false;
  }
  return true;
}

// What of the conversation in the first request that does not fit is not as demanded.
std::string said_fact(const std::string& line, const Entries& found, const json& demands) {
  for (const auto& entry : found) {
    const json said = entry->request ? said_in(*entry->request) : json();
    if (said.is_null()) return fmt::format("the {} is no chat request", phrase::entries(line, false));
    for (const auto& [pointer, demand] : demands.items()) {
      const auto conditions = parse_condition(demand);
      const json* seen = pointer.empty() ? &said : at_pointer(said, pointer);
      if (conditions && all_hold(*conditions, seen)) continue;
      return fmt::format("the {} says {} at {} (expected: {})", phrase::entries(line, false),
                         seen == nullptr ? "nothing" : phrase::value(*seen), pointer,
                         phrase::condition(demand));
    }
  }
  return {};
}

Judgement judge_line(const std::string& line, const json& test, const Observation& observation) {
  const auto query = parse_query(line);
  if (!query) return wrong(query.error().message);
  const bool windowed = test.contains("after") || test.contains("before");
  Entries found = select(*query, windowed ? window(test, observation) : observation.journal);
  Judgement out;
  for (const auto& entry : found) out.evidence.push_back(entry->seq);
  const auto miss = [&](std::string fact) {
    out.ok = false;
    out.facts.push_back(std::move(fact));
  };
  const std::string verb = query->method.empty() ? "seen" : "sent";

  if (test.contains("count")) {
    const json count = found.size();
    const auto conditions = parse_condition(test["count"]);
    if (conditions && !all_hold(*conditions, &count)) {
      out.settled = too_many(*conditions, found.size());
      miss(fmt::format("{} {} {} {} (expected: {})", found.empty() ? "no" : std::to_string(found.size()),
                       phrase::entries(line, found.size() != 1), found.size() == 1 ? "was" : "were", verb,
                       phrase::count(test["count"])));
    }
  } else if (found.empty()) {
    return wrong(fmt::format("no {} was {}", phrase::entries(line, false), verb));
  }
  if (test.contains("status")) {
    const auto conditions = parse_condition(test["status"]);
    Statuses statuses(observation.journal);
    for (const auto& entry : found) {
      const json status = statuses.of(*entry);
      if (conditions && !all_hold(*conditions, &status)) {
        miss(fmt::format("the {} was answered with {} (expected: {})", phrase::entries(line, false),
                         status.dump(), phrase::condition(test["status"])));
      }
    }
  }
  if (test.contains("where")) {
    const auto match = parse_match({{"body", test["where"]}}, path_aliases());
    if (!match) return wrong(match.error().message);
    const auto such = std::count_if(found.begin(), found.end(),
                                    [&](const auto& entry) { return request_fits(*match, *entry); });
    const auto most = test.value("at_most", INT64_MAX);
    if (such > most) {
      out.settled = true;
      miss(fmt::format("{} {} with body {} were sent (expected: at most {})", such, phrase::entries(line),
                       phrase::value(test["where"]), most));
    }
  }
  if (test.contains("says")) {
    if (auto fact = said_fact(line, found, test["says"]); !fact.empty()) miss(std::move(fact));
  }
  for (const char* group : {"form", "body", "header", "query"}) {
    if (!test.contains(group)) continue;
    auto fact = part_fact(line, found, group, test[group]);
    if (!fact) return wrong(fact.error().message);
    if (!fact->empty()) miss(std::move(*fact));
  }
  for (const char* group : {"argv", "detail"}) {
    if (!test.contains(group)) continue;
    for (const auto& entry : found) {
      if (detail_fits(test[group], group, *entry)) continue;
      miss(fmt::format("the {} has {} {} (expected: {})", phrase::entries(line, false), group,
                       phrase::value(entry->detail), phrase::value(test[group])));
      break;
    }
  }
  return out;
}

}  // namespace

Judgement judge_journal(const json& demand, const Observation& observation) {
  if (demand.is_array()) return judge_sequence(demand, observation);
  Judgement all;
  for (const auto& [line, test] : demand.items()) {
    Judgement one = judge_line(line, test, observation);
    all.evidence.insert(all.evidence.end(), one.evidence.begin(), one.evidence.end());
    if (one.ok) continue;
    all.ok = false;
    all.settled = all.settled || one.settled;
    all.facts.insert(all.facts.end(), one.facts.begin(), one.facts.end());
  }
  return all;
}

namespace {

// A moment that a gap is measured from or to: a journal query, or "cancel"/"LABEL start"/"LABEL end".
Result<std::pair<Micros, std::uint64_t>> moment(const std::string& name, const Observation& observation,
                                                Micros after) {
  for (const char* suffix : {" start", " end"}) {
    if (!name.ends_with(suffix)) continue;
    const auto found =
        observation.outcomes.find(name.substr(0, name.size() - std::string_view(suffix).size()));
    if (found == observation.outcomes.end() || found->second.empty()) continue;
    const Outcome& outcome = found->second.back();
    return std::pair(std::string_view(suffix) == " start" ? outcome.started : outcome.ended,
                     std::uint64_t{0});
  }
  const auto query = parse_query(name);
  if (!query) return tl::unexpected(query.error());
  for (const auto& entry : select(*query, observation.journal)) {
    if (entry->at >= after) return std::pair(entry->at, entry->seq);
  }
  return fail("there was no " + phrase::entries(name, false));
}

}  // namespace

Judgement judge_gap(const json& demand, const Observation& observation) {
  const Micros min = parse_duration(demand.value("min", "0")).value_or(Micros(0));
  const Micros max = demand.contains("max")
                         ? parse_duration(demand["max"].get<std::string>()).value_or(Micros(0))
                         : Micros::max();
  Judgement out;
  std::vector<std::string> wanted;
  if (min.count() != 0) wanted.push_back("at least " + phrase::duration(min));
  if (max != Micros::max()) wanted.push_back("at most " + phrase::duration(max));
  auto judge_pair = [&](Micros from, Micros to, const std::string& what) {
    const Micros gap = to - from;
    const CaseTime& time = observation.time;
    const bool short_enough = max == Micros::max() || gap <= max + time.slack(max) + time.work(from, to);
    if (gap >= min - time.slack(min) && short_enough) return;
    out.ok = false;
    out.settled = true;
    out.facts.push_back(
        fmt::format("{} passed {} (expected: {})", phrase::duration(gap), what, phrase::list(wanted)));
  };
  if (demand.contains("each")) {
    const auto line = demand["each"].get<std::string>();
    const auto query = parse_query(line);
    if (!query) return wrong(query.error().message);
    const Entries found = select(*query, observation.journal);
    const auto first = std::max<std::size_t>(demand.value("from", std::size_t{2}), 2);
    if (found.size() < first) {
      return wrong(fmt::format("only {} {} {} sent (expected: at least {})", found.size(),
                               phrase::entries(line, found.size() != 1), found.size() == 1 ? "was" : "were",
                               first));
    }
    for (std::size_t i = first - 1; i < found.size(); ++i) {
      judge_pair(found[i - 1]->at, found[i]->at,
                 fmt::format("between {} #{} and #{}", phrase::entries(line), i, i + 1));
      out.evidence.push_back(found[i]->seq);
    }
    return out;
  }
  const auto operations = phrase::operations_of(observation);
  const auto begin = demand["from"].get<std::string>();
  const auto end = demand["to"].get<std::string>();
  const auto from = moment(begin, observation, Micros(0));
  if (!from) return wrong(from.error().message);
  const auto to = moment(end, observation, from->first);
  if (!to) return wrong(fmt::format("{} after {}", to.error().message, phrase::moment(begin, operations)));
  judge_pair(
      from->first, to->first,
      fmt::format("from {} to {}", phrase::moment(begin, operations), phrase::moment(end, operations)));
  for (const auto seq : {from->second, to->second}) {
    if (seq != 0) out.evidence.push_back(seq);
  }
  return out;
}

}  // namespace assay::conformance
