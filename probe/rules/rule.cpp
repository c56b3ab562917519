#include "probe/rules/rule.h"

#include <algorithm>

#include "harness/base/strict.h"
#include "harness/world/condition.h"

namespace assay::probe {

Finding holds(std::string did) {
  return {Finding::Kind::holds, std::move(did)};
}
Finding broken(std::string did) {
  return {Finding::Kind::broken, std::move(did)};
}
Finding unknown(std::string did) {
  return {Finding::Kind::unknown, std::move(did)};
}

const std::vector<RuleEntry>& all_rules() {
  static const std::vector<RuleEntry> kRules = [] {
    std::vector<RuleEntry> all;
    for (auto* group : {access_rules, whole_rules, framing_rules, end_rules, order_rules, event_order_rules,
                        tool_rules, text_rules, transport_rules})
      for (const RuleEntry& rule : group()) all.push_back(rule);
    return all;
  }();
  return kRules;
}

const RuleEntry* find_rule(std::string_view name) {
  const auto& rules = all_rules();
  const auto at =
      std::find_if(rules.begin(), rules.end(), [&](const RuleEntry& rule) { return rule.name == name; });
  return at == rules.end() ? nullptr : &*at;
}

std::string rule_names() {
  std::string names;
  for (const RuleEntry& rule : all_rules()) names += (names.empty() ? "" : ", ") + std::string(rule.name);
  return names;
}

std::string parameter_problem(const RuleEntry& rule, const nlohmann::json& parameter) {
  const auto wrong = [&](const char* expected) {
    return std::string("expected ") + expected + ", found " + std::string(kind_of(parameter));
  };
  switch (rule.parameter) {
    case Parameter::flag:
      return parameter == true ? "" : wrong("true");
    case Parameter::text:
      return parameter.is_string() ? "" : wrong("a string");
    case Parameter::number:
      return parameter.is_number_integer() && parameter >= 0 ? "" : wrong("a whole number");
    case Parameter::list:
      return parameter.is_array() && !parameter.empty() ? "" : wrong("a list that is not empty");
    case Parameter::conditions: {
      if (!parameter.is_object()) return wrong("a map of conditions");
      for (const auto& [pointer, condition] : parameter.items()) {
        if (!pointer.starts_with('/')) return "expected a JSON pointer, found \"" + pointer + "\"";
        if (const auto parsed = parse_condition(condition); !parsed) return parsed.error().message;
      }
      return {};
    }
    case Parameter::any:
      return {};
  }
  return {};
}

}  // namespace assay::probe
