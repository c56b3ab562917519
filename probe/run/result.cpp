#include "probe/run/result.h"

#include <algorithm>

namespace assay::probe {

std::string_view to_string(Verdict verdict) {
  constexpr std::string_view kNames[] = {"pass", "fail", "warn", "refused", "inconclusive", "xfail", "xpass"};
  return kNames[static_cast<std::size_t>(verdict)];
}

std::size_t ProbeResult::count(Verdict verdict) const {
  return static_cast<std::size_t>(std::count_if(
      checks.begin(), checks.end(), [&](const CheckResult& check) { return check.verdict == verdict; }));
}

std::string ProbeResult::name() const {
  return endpoint + " " + protocol + " " + model;
}

int rank(const CheckResult& check) {
  constexpr int levels = 3;
  const auto place = std::find(std::begin(kVerdicts), std::end(kVerdicts), check.verdict);
  return static_cast<int>(place - std::begin(kVerdicts)) * levels + static_cast<int>(check.level);
}

std::vector<const CheckResult*> by_rank(const ProbeResult& result) {
  std::vector<const CheckResult*> out;
  for (const CheckResult& check : result.checks) out.push_back(&check);
  std::stable_sort(out.begin(), out.end(),
                   [](const CheckResult* a, const CheckResult* b) { return rank(*a) < rank(*b); });
  return out;
}

}  // namespace assay::probe
