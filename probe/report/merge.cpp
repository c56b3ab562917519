#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "probe/report/report.h"

namespace assay::probe {
namespace {

Result<void> add(ProbeResult& to, ProbeResult&& from) {
  for (CheckResult& check : from.checks) {
    if (std::any_of(to.checks.begin(), to.checks.end(),
                    [&](const CheckResult& there) { return there.id == check.id; }))
      return fail(fmt::format("{} of {} is in two of the records", check.id, to.name()));
    to.checks.push_back(std::move(check));
  }
  to.limit += from.limit;
  to.spent += from.spent;
  to.counted += from.counted;
  to.milliseconds += from.milliseconds;
  return {};
}

}  // namespace

Result<Report> merge_reports(std::vector<Report> reports) {
  if (reports.empty()) return fail("nothing to merge");
  Report out{reports.front().assay, reports.front().started, {}, {}, {}};
  std::vector<std::string> shards;
  for (Report& report : reports) {
    out.started = std::min(out.started, report.started);
    shards.push_back(report.shard);
    for (std::string& note : report.notes)
      if (std::find(out.notes.begin(), out.notes.end(), note) == out.notes.end())
        out.notes.push_back(std::move(note));
    for (ProbeResult& result : report.results) {
      const auto same = std::find_if(out.results.begin(), out.results.end(),
                                     [&](const ProbeResult& there) { return there.name() == result.name(); });
      if (same == out.results.end()) {
        out.results.push_back(std::move(result));
      } else if (auto added = add(*same, std::move(result)); !added) {
        return tl::unexpected(added.error());
      }
    }
  }
  // In the order of the checks, whichever shard they came from.
  for (ProbeResult& result : out.results)
    std::stable_sort(result.checks.begin(), result.checks.end(),
                     [](const CheckResult& a, const CheckResult& b) { return a.index < b.index; });
  for (const std::string& lost : missing_shards(shards)) out.notes.push_back("missing: shard " + lost);
  return out;
}

std::vector<std::string> missing_shards(const std::vector<std::string>& shards) {
  const std::set<std::string> seen(shards.begin(), shards.end());
  std::set<std::string> counts;
  for (const std::string& shard : seen)
    if (const auto slash = shard.find('/'); slash != std::string::npos)
      counts.insert(shard.substr(slash + 1));
  std::vector<std::string> lost;
  for (const std::string& count : counts)
    for (int i = 1; i <= std::stoi(count); ++i)
      if (const std::string one = fmt::format("{}/{}", i, count); !seen.contains(one)) lost.push_back(one);
  return lost;
}

}  // namespace assay::probe
