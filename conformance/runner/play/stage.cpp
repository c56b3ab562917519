#include "conformance/runner/play/stage.h"

#include <algorithm>
#include <map>

#include "conformance/runner/play/machinery.h"
#include "conformance/runner/race/timeline.h"
#include "harness/base/untrusted_json.h"

namespace assay::conformance {

using nlohmann::json;

Play play_of(CaseRecord record) {
  Play out;
  switch (record.verdict) {
    case Verdict::fail:
    case Verdict::timeout:
    case Verdict::crash:
    case Verdict::flaky:
      out.broke = true;
      break;
    case Verdict::pass:
      break;
    default:
      out.cannot = std::string(to_string(record.verdict)) + ": " + record.reason;
  }
  const auto failed =
      std::find_if(record.checks.begin(), record.checks.end(), [](const auto& check) { return !check.ok; });
  if (out.broke && failed != record.checks.end()) out.failed = failed->name;
  const json journal = parse_untrusted(record.journal, max_record_depth);
  for (const json& entry : journal.is_array() ? journal : json::array()) {
    const json detail = entry.value("detail", json());
    if (!detail.is_object() || entry.value("actor", "") != "world") continue;
    if (detail.contains("misfit")) out.misfit = entry.value("text", "");
    if (!detail.contains("choice")) continue;
    Fallen fallen;
    fallen.pending = detail.value("pending", std::vector<std::string>());
    fallen.choice = {detail.value("choice", ""), fallen.pending.size(),
                     Micros(detail.value("delay_us", std::int64_t{0}))};
    out.trace.push_back(std::move(fallen));
  }
  out.record = std::move(record);
  return out;
}

Stage::Stage(Race race, std::vector<Case> cases, ClientSpec client, ExecuteOptions options,
             std::uint64_t seed, Case plain)
    : race_(std::move(race)),
      cases_(std::move(cases)),
      client_(std::move(client)),
      options_(std::move(options)),
      seed_(seed),
      plain_(std::move(plain)) {}

Result<Stage> Stage::make(Race race, std::vector<Case> cases, ClientSpec client, ExecuteOptions options,
                          std::uint64_t seed) {
  auto plain = staged(race, cases, {client.program, nullptr});
  if (!plain) return tl::unexpected(plain.error());
  if (auto ok = check_case(*plain, options.data_folder); !ok) return tl::unexpected(ok.error());
  return Stage(std::move(race), std::move(cases), std::move(client), std::move(options), seed,
               std::move(*plain));
}

Result<std::vector<Play>> Stage::play(const std::vector<json>& schedules,
                                      const std::function<bool(const Play&)>& enough) const {
  std::vector<PlannedCase> plan;
  for (const json& schedule : schedules) {
    auto one = staged(race_, cases_, {client_.program, schedule});
    if (!one) return tl::unexpected(one.error());
    plan.push_back({plan.size(), seed_, std::move(*one), client_});
    plan.back().time = options_.time;
  }
  std::atomic<bool> stop{false};
  ExecuteOptions options = options_;
  options.enough = &stop;
  std::map<std::uint64_t, Play> plays;
  auto done = execute(plan, options, [&](CaseLine line) {
    const std::uint64_t index = line.record.index;
    Play play = play_of(std::move(line.record));
    // A client that fails before the two things meet, or does not do what they need, has another fault than
    // this race.
    const bool did = std::all_of(play.record.met.begin(), play.record.met.end(),
                                 [](const Precondition& part) { return part.ok; });
    if (play.broke && (!did || select(race_.line, entries_of(play.record)).empty())) {
      play.broke = false;
      play.elsewhere = play.record.reason;
    }
    if (enough && enough(play)) stop = true;
    plays.emplace(index, std::move(play));
  });
  if (!done) return tl::unexpected(done.error());
  std::vector<Play> out;
  for (auto& [index, play] : plays) out.push_back(std::move(play));
  return out;
}

}  // namespace assay::conformance
