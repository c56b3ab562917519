#include <fmt/format.h>

#include <algorithm>

#include "conformance/runner/judge/journal_query.h"
#include "conformance/runner/judge/judge.h"
#include "harness/world/condition.h"

namespace assay::conformance {
namespace {

using nlohmann::json;

Judgement wrong(std::string why) {
  return {false, std::move(why), {}};
}

// An ordered subsequence: every line, each after the one before.
Judgement judge_sequence(const json& lines, const Observation& observation) {
  Judgement out;
  std::size_t from = 0;
  for (const json& line : lines) {
    const auto query = parse_query(line.get<std::string>());
    if (!query) return wrong(query.error().message);
    const Entries rest(observation.journal.begin() + static_cast<std::ptrdiff_t>(from),
                       observation.journal.end());
    Entries found;
    for (const auto& entry : rest) {
      if (!fits(*query, *entry)) continue;
      if (query->status != 0 && status_of(*entry, observation.journal) != query->status) continue;
      found.push_back(entry);
      break;
    }
    if (found.empty()) {
      out.ok = false;
      out.observed = fmt::format("no \"{}\"{}", line.get<std::string>(),
                                 from == 0 ? "" : " after what came before it in the list");
      return out;
    }
    out.evidence.push_back(found.front()->seq);
    while (observation.journal[from]->seq != found.front()->seq) ++from;
    ++from;
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

Judgement judge_line(const std::string& line, const json& test, const Observation& observation) {
  const auto query = parse_query(line);
  if (!query) return wrong(query.error().message);
  const bool windowed = test.contains("after") || test.contains("before");
  Entries found = select(*query, windowed ? window(test, observation) : observation.journal);
  Judgement out;
  for (const auto& entry : found) out.evidence.push_back(entry->seq);

  if (test.contains("count")) {
    const json count = found.size();
    const auto conditions = parse_condition(test["count"]);
    if (conditions && !all_hold(*conditions, &count)) {
      out.ok = false;
      out.observed = fmt::format("{} × \"{}\"", found.size(), line);
    }
  } else if (found.empty()) {
    return wrong("no \"" + line + "\"");
  }
  if (test.contains("status")) {
    const auto conditions = parse_condition(test["status"]);
    for (const auto& entry : found) {
      const json status = status_of(*entry, observation.journal);
      if (conditions && !all_hold(*conditions, &status)) {
        out.ok = false;
        out.observed += fmt::format("{}\"{}\" was answered with {}", out.observed.empty() ? "" : "; ", line,
                                    status.dump());
      }
    }
  }
  if (test.contains("where")) {
    const auto match = parse_match({{"body", test["where"]}}, path_aliases());
    if (!match) return wrong(match.error().message);
    const auto such = std::count_if(found.begin(), found.end(),
                                    [&](const auto& entry) { return request_fits(*match, *entry); });
    if (such > test.value("at_most", INT64_MAX)) {
      out.ok = false;
      out.observed += fmt::format("{}{} × \"{}\" with {}", out.observed.empty() ? "" : "; ", such, line,
                                  shown(test["where"]));
    }
  }
  for (const char* group : {"form", "body", "header", "query"}) {
    if (!test.contains(group)) continue;
    const auto match = parse_match({{group, test[group]}}, path_aliases());
    if (!match) return wrong(match.error().message);
    for (const auto& entry : found) {
      if (request_fits(*match, *entry)) continue;
      out.ok = false;
      out.observed += fmt::format("{}\"{}\" without {} {}: {} {}", out.observed.empty() ? "" : "; ", line,
                                  group, shown(test[group]), entry->text,
                                  std::string_view(group) == "body" || std::string_view(group) == "form"
                                      ? shown(entry->request ? entry->request->body : "")
                                      : "");
      break;
    }
  }
  for (const char* group : {"argv", "detail"}) {
    if (!test.contains(group)) continue;
    for (const auto& entry : found) {
      if (detail_fits(test[group], group, *entry)) continue;
      out.ok = false;
      out.observed += fmt::format("{}\"{}\" has {} {}", out.observed.empty() ? "" : "; ", line, group,
                                  shown(entry->detail));
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
    all.observed += (all.observed.empty() ? "" : "; ") + one.observed;
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
  return fail("no \"" + name + "\"");
}

}  // namespace

Judgement judge_gap(const json& demand, const Observation& observation) {
  const Micros min = parse_duration(demand.value("min", "0")).value_or(Micros(0));
  const Micros max = demand.contains("max")
                         ? parse_duration(demand["max"].get<std::string>()).value_or(Micros(0))
                         : Micros::max();
  Judgement out;
  auto judge_pair = [&](Micros from, Micros to, const std::string& what) {
    const Micros gap = to - from;
    if (gap >= min && gap <= max) return;
    out.ok = false;
    out.observed += fmt::format("{}{} ms {}", out.observed.empty() ? "" : "; ", gap.count() / 1000, what);
  };
  if (demand.contains("each")) {
    const auto line = demand["each"].get<std::string>();
    const auto query = parse_query(line);
    if (!query) return wrong(query.error().message);
    const Entries found = select(*query, observation.journal);
    const auto first = std::max<std::size_t>(demand.value("from", std::size_t{2}), 2);
    if (found.size() < first) return wrong(fmt::format("only {} × \"{}\"", found.size(), line));
    for (std::size_t i = first - 1; i < found.size(); ++i) {
      judge_pair(found[i - 1]->at, found[i]->at, fmt::format("between \"{}\" #{} and #{}", line, i, i + 1));
      out.evidence.push_back(found[i]->seq);
    }
    return out;
  }
  const auto from = moment(demand["from"].get<std::string>(), observation, Micros(0));
  if (!from) return wrong(from.error().message);
  const auto to = moment(demand["to"].get<std::string>(), observation, from->first);
  if (!to) return wrong(to.error().message + " after \"" + demand["from"].get<std::string>() + "\"");
  judge_pair(from->first, to->first,
             fmt::format("from \"{}\" to \"{}\"", demand["from"].get<std::string>(),
                         demand["to"].get<std::string>()));
  for (const auto seq : {from->second, to->second}) {
    if (seq != 0) out.evidence.push_back(seq);
  }
  return out;
}

}  // namespace assay::conformance
