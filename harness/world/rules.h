// The rules of one fake, made ready: which of them applies to a request. Inside of World.
//
// Not thread-safe; the world uses them as it uses its fakes, by one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/world/world.h"

namespace assay {

struct Rule {
  RequestMatch match;
  const RuleSpec* spec = nullptr;
  std::uint64_t seen = 0;          // requests that matched everything but nth
  std::uint64_t used = 0;          // requests that it was applied to
  std::optional<Barrier> barrier;  // where its answers wait for each other
};

// Reads `specs`, to which the rules refer from then on. Fails, with the name of the fake, on a match that
// cannot be read and on an order that `fake` does not understand.
Result<std::vector<Rule>> read_rules(const std::string& name, const Fake& fake,
                                     const std::vector<RuleSpec>& specs, const PathAliases& aliases);

// The rule that applies to a request; null = none does. Counts the request. `applied`: the names of the rules
// of the world that have applied, for `after`; that of the result is added. `rivals` (may be null) gets the
// numbers (1-based) of all that would have applied.
Rule* rule_for(std::vector<Rule>& rules, const Request& request, std::set<std::string>& applied,
               std::vector<std::size_t>* rivals = nullptr);

// Whether some rule wants its answer before the body of the request was read.
bool answer_early(const std::vector<Rule>& rules);

// Puts where the fakes are (name → url) for "${name.url}" in what a rule orders.
void put_urls(RuleSpec& rule, const std::map<std::string, std::string>& urls);

}  // namespace assay
