#include "cli/time_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "conformance/runner/play/self_check.h"
#include "conformance/runner/play/timed_case.h"

namespace assay::cli {

using namespace conformance;

std::string time_check(const std::vector<PlannedCase>& plan) {
  casetime::Rate fastest;
  for (const PlannedCase& planned : plan) fastest = std::max(fastest, wanted_rate(planned));
  if (fastest.natural()) return {};
  const SelfCheck check = check_case_time(fastest);
  if (check.wrong.empty()) return {};
  return fmt::format("time cannot be compressed here: {}{}", check.wrong.front(),
                     check.wrong.size() > 1 ? fmt::format(" and {} more", check.wrong.size() - 1) : "");
}

std::string without_case_time(const std::string& why) {
  return fmt::format(
      "{}; cases that wait take their own time, and those that may take more than {} are not asked", why,
      format_duration(kLongestNatural));
}

}  // namespace assay::cli
