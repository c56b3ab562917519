#include "harness/world/rules.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

nlohmann::json with_urls(const nlohmann::json& value, const std::map<std::string, std::string>& urls) {
  if (value.is_string()) {
    auto text = value.get<std::string>();
    for (const auto& [name, url] : urls) {
      const std::string reference = "${" + name + ".url}";
      for (auto at = text.find(reference); at != std::string::npos; at = text.find(reference, at))
        text.replace(at, reference.size(), url);
    }
    return text;
  }
  nlohmann::json out = value;
  if (value.is_structured()) {
    for (auto& item : out) item = with_urls(item, urls);
  }
  return out;
}

}  // namespace

Result<std::vector<Rule>> read_rules(const std::string& name, const Fake& fake,
                                     const std::vector<RuleSpec>& specs, const PathAliases& aliases) {
  std::vector<Rule> rules;
  for (const RuleSpec& spec : specs) {
    auto match = parse_match(spec.match, aliases);
    if (!match) return tl::unexpected(match.error());
    if (!spec.order.is_null()) {
      if (auto known = fake.check_order(spec.order); !known) return fail(name + ": " + known.error().message);
    }
    std::optional<Barrier> barrier;
    if (spec.barrier) barrier.emplace(fmt::format("{} rule {}", name, rules.size() + 1), *spec.barrier);
    rules.push_back({std::move(*match), &spec, 0, 0, std::move(barrier)});
  }
  return rules;
}

Rule* rule_for(std::vector<Rule>& rules, const Request& request, std::set<std::string>& applied,
               std::vector<std::size_t>* rivals) {
  Rule* chosen = nullptr;
  for (Rule& rule : rules) {
    if (!rule.spec->after.empty() && !applied.contains(rule.spec->after)) continue;
    if (!matches(rule.match, request)) continue;
    // Every rule counts, also behind the one that applies: nth means the nth request, not the nth use.
    ++rule.seen;
    if (rule.seen < rule.match.first || rule.seen > rule.match.last) continue;
    if (chosen == nullptr) chosen = &rule;
    if (rivals != nullptr) rivals->push_back(static_cast<std::size_t>(&rule - rules.data()) + 1);
  }
  if (chosen != nullptr) ++chosen->used;
  if (chosen != nullptr && !chosen->spec->name.empty()) applied.insert(chosen->spec->name);
  return chosen;
}

bool answer_early(const std::vector<Rule>& rules) {
  return std::any_of(rules.begin(), rules.end(),
                     [](const Rule& rule) { return wire::answers_before_body(rule.spec->faults); });
}

void put_urls(RuleSpec& rule, const std::map<std::string, std::string>& urls) {
  for (wire::FaultUse& fault : rule.faults) fault.params = with_urls(fault.params, urls);
  rule.order = with_urls(rule.order, urls);
}

}  // namespace assay
