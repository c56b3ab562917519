#include "conformance/runner/judge/phrase.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "conformance/runner/judge/journal_query.h"
#include "harness/world/condition.h"

namespace assay::conformance::phrase {
namespace {

using nlohmann::json;
using Kind = Condition::Kind;

std::string one(const Condition& condition) {
  switch (condition.kind) {
    case Kind::equals:
      return value(condition.value);
    case Kind::not_equals:
      return condition.value == json("") ? "not empty" : "not " + value(condition.value);
    case Kind::present:
      return "any value";
    case Kind::absent:
      return "none";
    case Kind::contains:
      return "containing " + value(condition.value);
    case Kind::matches:
      return fmt::format("matching /{}/", condition.value.get<std::string>());
    case Kind::not_matches:
      return fmt::format("not matching /{}/", condition.value.get<std::string>());
    case Kind::in: {
      std::vector<std::string> all;
      for (const json& item : condition.value) all.push_back(value(item));
      return list(all, " or ");
    }
    case Kind::at_least:
      return "at least " + condition.value.dump();
    case Kind::at_most:
      return "at most " + condition.value.dump();
    case Kind::more_than:
      return "more than " + condition.value.dump();
    case Kind::less_than:
      return "less than " + condition.value.dump();
  }
  return {};
}

// Whole numbers are written without a fraction, though comparisons carry doubles.
json tidy(const json& demand) {
  if (demand.is_number_float() && demand.get<double>() == static_cast<double>(demand.get<std::int64_t>()))
    return demand.get<std::int64_t>();
  return demand;
}

struct KnownEntries {
  std::string_view actor, kind, text;
  std::string_view one, many;
};
constexpr std::array<KnownEntries, 6> kKnown = {{
    {"dns", "lookup", "", "DNS lookup", "DNS lookups"},
    {"cell", "unclaimed", "", "connection to another host", "connections to other hosts"},
    {"opener", "exec", "", "call of the browser command", "calls of the browser command"},
    {"client", "action", "terminate*", "SIGTERM", "SIGTERMs"},
    {"", "fault", "", "fault", "faults"},
    {"", "peer-closed", "", "connection closed by the client", "connections closed by the client"},
}};

std::string request_noun(const JournalQuery& query, const std::string& line, bool plural) {
  // The path as it is written: an alias stands for many globs.
  const auto begin = line.find(query.method + " ") + query.method.size() + 1;
  const std::string path = line.substr(begin, line.find(' ', begin) - begin);
  std::string out = fmt::format("{} {} request", query.method, path);
  if (query.nth != 0)
    out += fmt::format(" #{}", query.nth);
  else if (plural)
    out += "s";
  if (!query.actor.empty()) out += " to " + query.actor;
  if (query.status != 0) out += fmt::format(" with response {}", query.status);
  return out;
}

}  // namespace

Operations operations_of(const Observation& observation) {
  Operations out;
  for (const auto& [label, outcomes] : observation.outcomes) {
    if (!outcomes.empty() && !outcomes.front().op.empty()) out[label] = outcomes.front().op;
  }
  return out;
}

std::string subject(const std::string& label, const Operations& operations) {
  const auto found = operations.find(label);
  if (found == operations.end()) return fmt::format("step \"{}\"", label);
  const std::string name = found->second == "models" ? "model list" : found->second;
  const auto same = std::count_if(operations.begin(), operations.end(),
                                  [&](const auto& other) { return other.second == found->second; });
  return same == 1 ? "the " + name : fmt::format("{} \"{}\"", name, label);
}

std::string value(const json& given, std::size_t most) {
  std::string text = tidy(given).dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() <= most) return text;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + "…" + (given.is_string() ? "\"" : "");
}

std::string duration(Micros time) {
  const auto ms = time.count() / 1000;
  if (ms < 1000) return fmt::format("{} ms", ms);
  if (ms % 1000 == 0) return fmt::format("{} s", ms / 1000);
  return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
}

std::string condition(const json& demand) {
  const auto parsed = parse_condition(demand);
  if (!parsed) return value(demand);
  std::vector<std::string> all;
  for (Condition c : *parsed) {
    c.value = tidy(c.value);
    all.push_back(one(c));
  }
  return list(all);
}

std::string count(const json& demand) {
  const auto parsed = parse_condition(demand);
  if (!parsed || parsed->size() != 1) return condition(demand);
  Condition only = parsed->front();
  only.value = tidy(only.value);
  if (only.kind == Kind::equals) return only.value == 0 ? "none" : "exactly " + only.value.dump();
  return one(only);
}

std::string entries(const std::string& line, bool plural) {
  const auto query = parse_query(line);
  if (!query) return '"' + line + '"';
  if (!query->method.empty()) return request_noun(*query, line, plural);
  for (const KnownEntries& known : kKnown) {
    if (!known.actor.empty() && known.actor != query->actor) continue;
    if (known.kind != query->kind || known.text != query->text || query->nth != 0) continue;
    const bool sender = known.actor.empty() && !query->actor.empty() && known.kind == "fault";
    return std::string(plural ? known.many : known.one) + (sender ? " sent by " + query->actor : "");
  }
  return fmt::format("journal {} \"{}\"", plural && query->nth == 0 ? "entries" : "entry", line);
}

std::string moment(const std::string& name, const Operations& operations) {
  for (const std::string_view end : {" start", " end"}) {
    if (!name.ends_with(end)) continue;
    const std::string label = name.substr(0, name.size() - end.size());
    if (operations.contains(label) || label.find(' ') == std::string::npos)
      return fmt::format("the{} of {}", end, subject(label, operations));
  }
  std::string noun = entries(name, false);
  if (noun == "SIGTERM" || noun.find('"') != std::string::npos) return noun;
  return (noun.find(" #") == std::string::npos ? "the first " : "") + noun;
}

std::string field(const std::string& key) {
  constexpr std::string_view kCalls = "/executed/";
  if (key.starts_with(kCalls)) {
    const auto slash = key.find('/', kCalls.size());
    const std::string index = key.substr(kCalls.size(), slash - kCalls.size());
    if (!index.empty() &&
        std::all_of(index.begin(), index.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      const std::string call = fmt::format("executed tool call {}", std::stoul(index) + 1);
      return slash == std::string::npos ? call : fmt::format("{} of {}", key.substr(slash + 1), call);
    }
  }
  return key.starts_with('/') ? key.substr(1) : key;
}

std::string list(const std::vector<std::string>& words, std::string_view last) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) out += i + 1 == words.size() ? std::string(last) : ", ";
    out += words[i];
  }
  return out;
}

std::string sentence(const std::vector<std::string>& facts) {
  std::string out;
  for (const std::string& fact : facts) {
    if (fact.empty() || out.find(fact) != std::string::npos) continue;
    out += (out.empty() ? "" : "; ") + fact;
  }
  if (out.empty()) return out;
  if (out.front() >= 'a' && out.front() <= 'z') out.front() = static_cast<char>(out.front() - 'a' + 'A');
  if (out.back() != '.' && !out.ends_with(".\"")) out += '.';
  return out;
}

}  // namespace assay::conformance::phrase
