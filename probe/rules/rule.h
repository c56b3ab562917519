// Rule: one thing that is looked for in an answer. A rule knows protocols, not checks; checks name rules with
// their parameters. Pure functions.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "probe/ask/answer.h"
#include "probe/ask/target.h"
#include "probe/check/shapes.h"

namespace assay::probe {

struct Finding {
  enum class Kind {
    holds,
    broken,
    unknown  // the answer does not come to what the rule is about: the model called no tool, ...
  };
  Kind kind = Kind::holds;
  std::string
      did;  // "answered 200 with ...", what the endpoint did; also of what holds, where it is worth a word
};
Finding holds(std::string did = {});
Finding broken(std::string did);
Finding unknown(std::string did);

struct RuleInput {
  const Target& target;
  const nlohmann::json& parameter;
  const Answer& answer;                          // the one that is judged
  const std::map<std::string, Answer>& answers;  // all of this play
  const std::string& nonce;
  const Shapes& shapes;
};

enum class Parameter { flag, text, number, conditions, list, any };

struct RuleEntry {
  std::string_view name;
  std::string_view about;
  Parameter parameter;
  Finding (*judge)(const RuleInput&);
  bool any_status = false;  // judges answers of any status: nothing is demanded before it
};

const std::vector<RuleEntry>& all_rules();
const RuleEntry* find_rule(std::string_view name);
std::string rule_names();
// What is wrong with a parameter; empty = nothing.
std::string parameter_problem(const RuleEntry& rule, const nlohmann::json& parameter);

// The groups that all_rules() is put together from.
std::vector<RuleEntry> access_rules();
std::vector<RuleEntry> whole_rules();
std::vector<RuleEntry> framing_rules();
std::vector<RuleEntry> end_rules();
std::vector<RuleEntry> order_rules();
std::vector<RuleEntry> event_order_rules();
std::vector<RuleEntry> tool_rules();
std::vector<RuleEntry> text_rules();
std::vector<RuleEntry> transport_rules();

}  // namespace assay::probe
