#include "harness/world/strict.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

constexpr std::size_t kKept = 100;

std::string line_of(const Request& request) {
  return fmt::format("{} {}", request.method, target_path(request.target));
}

// The rule with the fewest parts that do not hold.
std::string nearest(const std::vector<Rule>& rules, const Request& request) {
  std::size_t number = 0;
  std::vector<std::string> fewest;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    std::vector<std::string> apart = differences(rules[i].match, request);
    if (apart.empty()) {
      // It matches but for its place in the order.
      const RequestMatch& match = rules[i].match;
      apart.push_back(rules[i].seen == 0
                          ? fmt::format("it applies only after the rule {}", rules[i].spec->after)
                          : fmt::format("it is for request {}{}, this was request {}", match.first,
                                        match.last == match.first  ? std::string()
                                        : match.last == UINT64_MAX ? std::string(" and later")
                                                                   : fmt::format(" to {}", match.last),
                                        rules[i].seen));
    }
    if (number == 0 || apart.size() < fewest.size()) {
      number = i + 1;
      fewest = std::move(apart);
    }
  }
  return fmt::format("nearest is rule {}: {}", number, fmt::join(fewest, "; "));
}

}  // namespace

std::string StrictLog::request(const std::string& fake, const std::vector<Rule>& rules,
                               const Request& request, const std::vector<std::size_t>& rivals) {
  if (rules.empty() || rivals.size() == 1) return {};
  std::string finding;
  if (rivals.empty()) {
    finding = fmt::format("{}: {}: no rule is for it; {}", fake, line_of(request), nearest(rules, request));
    last_unclaimed_[fake] = request;
  } else {
    finding = fmt::format("{}: {}: rules {} are all for it", fake, line_of(request), fmt::join(rivals, ", "));
  }
  if (requests_.size() < kKept) {
    requests_.push_back(finding);
  } else {
    ++let_go_;
  }
  return finding;
}

std::vector<std::string> StrictLog::findings(
    const std::map<std::string, const std::vector<Rule>*>& rules) const {
  std::vector<std::string> out = requests_;
  if (let_go_ > 0) out.push_back(fmt::format("and {} requests more", let_go_));
  for (const auto& [fake, all] : rules) {
    for (std::size_t i = 0; i < all->size(); ++i) {
      if ((*all)[i].used > 0) continue;
      std::string finding = fmt::format("{}: rule {} was never used", fake, i + 1);
      if (const auto last = last_unclaimed_.find(fake); last != last_unclaimed_.end()) {
        if (const auto apart = differences((*all)[i].match, last->second); !apart.empty())
          finding += fmt::format("; of {}: {}", line_of(last->second), fmt::join(apart, "; "));
      }
      out.push_back(std::move(finding));
    }
  }
  return out;
}

}  // namespace assay
