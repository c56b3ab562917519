#include "conformance/runner/judge/reports.h"

#include <fmt/format.h>

#include <algorithm>

#include "conformance/runner/judge/judge.h"

namespace assay::conformance {
namespace {

using nlohmann::json;
using Kind = Predicate::Kind;

// The report that a member of a result belongs to; "" = every client shows it (whether and when it ended).
std::string report_of(const std::string& key) {
  std::string first = key.starts_with('/') ? key.substr(1, key.find('/', 1) - 1) : key;
  static const std::set<std::string> fields = {"text",           "reasoning", "tool_calls", "executed",
                                               "finish_reason",  "usage",     "attempts",   "status",
                                               "finish_details", "frames"};
  if (fields.contains(first)) return first;
  if (first == "requests") return "attempts";
  if (first == "events") return "deltas";
  if (first == "ids" || first == "models" || first == "source" || first == "warnings") return "models";
  return {};
}

std::string report_of_error(const std::string& key) {
  if (key == "mentions" || key == "message") return "error.message";
  return "error." + key;
}

class Stripper {
 public:
  explicit Stripper(const Reports& reports) : reports_(reports) {}

  std::vector<Predicate> strip(const std::vector<Predicate>& predicates) {
    std::vector<Predicate> out;
    for (const Predicate& predicate : predicates) {
      Predicate left = predicate;
      if (strip(left)) out.push_back(std::move(left));
    }
    return out;
  }

  std::set<std::string> withheld;

 private:
  bool has(const std::string& name) {
    if (name.empty() || reports_.has(name)) return true;
    withheld.insert(name);
    return false;
  }

  // Takes out of `predicate` what is not reported; false = nothing is left of it.
  bool strip(Predicate& predicate) {
    switch (predicate.kind) {
      case Kind::result:
        return result(predicate.body);
      case Kind::store:
        return has("store");
      case Kind::never:
        return never(predicate.body);
      case Kind::any_of:
        for (auto& choice : predicate.choices) {
          choice = strip(choice);
          // One way to hold cannot be seen, so nobody can say that none does.
          if (choice.empty()) return false;
        }
        return true;
      case Kind::browser:
      case Kind::journal:
      case Kind::credential_files:
      case Kind::exit:
      case Kind::gap:
        break;
    }
    return true;
  }

  bool result(json& body) {
    if (body.empty()) return true;
    json left = json::object();
    for (const auto& [key, demand] : body.items()) {
      if (key == "error" && demand.is_object()) {
        json error = json::object();
        for (const auto& [part, value] : demand.items()) {
          if (has(report_of_error(part))) error[part] = value;
        }
        if (!error.empty() || demand.empty()) left[key] = std::move(error);
      } else if (has(report_of(key))) {
        left[key] = demand;
      }
    }
    body = std::move(left);
    return !body.empty();
  }

  bool never(json& body) {
    json places = json::array();
    for (const json& place : body.value("in", json::array())) {
      if (place != "messages" || has("error.message")) places.push_back(place);
    }
    const bool any = !places.empty();
    body["in"] = std::move(places);
    return any;
  }

  const Reports& reports_;
};

}  // namespace

bool Reports::has(const std::string& name) const {
  if (name == "store") return store;
  return !fields || fields->contains(name);
}

const std::vector<std::string>& report_names() {
  static const std::vector<std::string> names = {"text",
                                                 "deltas",
                                                 "reasoning",
                                                 "tool_calls",
                                                 "executed",
                                                 "finish_reason",
                                                 "finish_details",
                                                 "usage",
                                                 "frames",
                                                 "attempts",
                                                 "status",
                                                 "models",
                                                 "error.message",
                                                 "error.status",
                                                 "error.category",
                                                 "error.type",
                                                 "error.code",
                                                 "error.stage",
                                                 "error.retry_after_ms",
                                                 "exit"};
  return names;
}

Observable observable(const Check& check, const Reports& reports) {
  Stripper stripper(reports);
  Observable out{check, {}, false};
  out.check.predicates = stripper.strip(check.predicates);
  out.withheld.assign(stripper.withheld.begin(), stripper.withheld.end());
  out.nothing = out.check.predicates.empty() && !check.predicates.empty();
  return out;
}

std::vector<std::vector<std::string>> failing_with(const Check& check, const Observation& observation) {
  const auto mentioned = observable(check, Reports{std::set<std::string>(), false}).withheld;
  const auto fails_with = [&](const std::vector<std::string>& names) {
    Reports reports{std::set<std::string>(names.begin(), names.end()), false};
    reports.store = reports.fields->contains("store");
    const Observable left = observable(check, reports);
    return !left.nothing && !judge(left.check, observation).ok;
  };
  // A check mentions a handful of names; past that the largest set stands for all.
  constexpr std::size_t kMost = 8;
  std::vector<std::vector<std::string>> out;
  if (mentioned.size() > kMost) {
    if (fails_with(mentioned)) out.push_back(mentioned);
    return out;
  }
  std::vector<unsigned> masks(std::size_t{1} << mentioned.size());
  for (unsigned i = 0; i < masks.size(); ++i) masks[i] = i;
  std::stable_sort(masks.begin(), masks.end(),
                   [](unsigned a, unsigned b) { return __builtin_popcount(a) < __builtin_popcount(b); });
  std::vector<unsigned> found;
  for (const unsigned mask : masks) {
    if (std::any_of(found.begin(), found.end(), [&](unsigned f) { return (mask & f) == f; })) continue;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < mentioned.size(); ++i) {
      if ((mask >> i & 1U) != 0) names.push_back(mentioned[i]);
    }
    if (!fails_with(names)) continue;
    found.push_back(mask);
    out.push_back(std::move(names));
  }
  return out;
}

std::string not_observed(const std::vector<std::vector<std::string>>& sets, const Reports& reports) {
  std::vector<std::string> missing;
  for (const auto& set : sets) {
    std::vector<std::string> lacks;
    std::copy_if(set.begin(), set.end(), std::back_inserter(lacks),
                 [&](const std::string& name) { return !reports.has(name); });
    if (lacks.empty()) return {};
    if (missing.empty() || lacks.size() < missing.size()) missing = std::move(lacks);
  }
  if (missing.empty()) return {};
  return fmt::format("{} {} not reported", fmt::join(missing, " and "), missing.size() == 1 ? "is" : "are");
}

}  // namespace assay::conformance
