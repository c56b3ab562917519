// A strict world: what its rules and the requests that it got have to do with each other. A request that no
// rule is for, one that several rules are for, and a rule that no request used are findings, one line each.
// Only fakes that have rules are judged: the others (a login beside the script) answer as always.
//
// Not thread-safe; the world uses it as it uses its fakes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/world/rules.h"

namespace assay {

class StrictLog {
 public:
  // A request that `rival`s would have applied to (rule_for). Returns what is wrong with it: empty = nothing.
  // "inference: POST /v1/chat/completions: no rule is for it; nearest is rule 2: body /messages/1/content is
  // \"b\" (expected: \"a\")"
  std::string request(const std::string& fake, const std::vector<Rule>& rules, const Request& request,
                      const std::vector<std::size_t>& rivals);
  // Every finding so far; of `rules` (fake → its rules) those that nothing used come last.
  std::vector<std::string> findings(const std::map<std::string, const std::vector<Rule>*>& rules) const;

 private:
  std::vector<std::string> requests_;
  std::uint64_t let_go_ = 0;                       // findings beyond those that are kept
  std::map<std::string, Request> last_unclaimed_;  // of each fake, to name beside a rule that nothing used
};

}  // namespace assay
