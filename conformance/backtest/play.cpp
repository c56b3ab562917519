#include "conformance/backtest/play.h"

#include <fmt/format.h>

#include <algorithm>

#include "conformance/runner/case/data.h"
#include "conformance/runner/client/client_file.h"
#include "conformance/runner/client/clients.h"
#include "conformance/runner/client/install.h"

namespace assay::conformance {
namespace {

constexpr std::size_t kPlays = 4;  // of one round: the case and the control, on both sides

Result<ClientFile> file_of(const std::string& client) {
  if (client.ends_with(".yaml")) return load_client_file(client);
  const auto data = data_folder();
  if (!data) return tl::unexpected(data.error());
  const auto files = load_client_files(*data);
  if (!files) return tl::unexpected(files.error());
  if (const ClientFile* file = client_named(*files, client)) return *file;
  std::vector<std::string> known;
  for (const ClientFile& file : *files) known.push_back(file.name);
  return fail(unknown_word("client", client, known));
}

Result<ClientSpec> install_side(const std::string& client, const std::vector<std::string>& versions,
                                const std::function<void(const std::string&)>& say) {
  if (client != "reference" && !client.starts_with("mutant:")) {
    auto file = file_of(client);
    if (!file) return tl::unexpected(file.error());
    auto changed = file->with(versions);
    if (!changed) return tl::unexpected(changed.error());
    if (auto done = install(*changed, say); !done) return tl::unexpected(done.error());
  }
  return find_client(client, versions);
}

const Case* case_named(const std::vector<Case>& cases, const std::string& id) {
  const auto found = std::find_if(cases.begin(), cases.end(), [&](const Case& one) { return one.id == id; });
  return found == cases.end() ? nullptr : &*found;
}

Result<void> check_bug(const Bug& bug, const std::vector<Case>& cases) {
  for (const std::string& id : {bug.case_id, bug.control}) {
    if (case_named(cases, id) != nullptr) continue;
    std::vector<std::string> known;
    for (const Case& one : cases) known.push_back(one.id);
    const std::string near = nearest(id, known);
    return fail(fmt::format("{}: no case is named '{}'{}", bug.name, id,
                            near.empty() ? "" : ", did you mean '" + near + "'?"));
  }
  std::vector<std::string> checks;
  for (const auto& check : case_named(cases, bug.case_id)->checks) checks.push_back(check.name);
  if (std::find(checks.begin(), checks.end(), bug.check) == checks.end())
    return fail(fmt::format("{}: {}", bug.name, unknown_word("check of " + bug.case_id, bug.check, checks)));
  return {};
}

}  // namespace

Result<Sides> install_sides(const Bug& bug, const std::function<void(const std::string&)>& say) {
  Sides out;
  auto bad = install_side(bug.bad_client, bug.versions(bug.bad), say);
  if (!bad) return tl::unexpected(bad.error());
  auto good = install_side(bug.good_client, bug.versions(bug.good), say);
  if (!good) return tl::unexpected(good.error());
  out.bad = std::move(*bad);
  out.good = std::move(*good);
  out.bad.name = bug.name + " bad";
  out.good.name = bug.name + " good";
  return out;
}

Result<void> check_bugs(const std::vector<Bug>& bugs, const std::vector<Case>& cases,
                        const std::string& file) {
  for (const Bug& bug : bugs) {
    if (!bug.not_attached.empty()) continue;
    if (auto ok = check_bug(bug, cases); !ok) return fail(ok.error().message, file, bug.line);
  }
  return {};
}

Result<BacktestPlan> plan_backtest(std::vector<Bug> bugs, std::vector<Sides> sides,
                                   const std::vector<Case>& cases, const BacktestOptions& options) {
  BacktestPlan out;
  for (std::size_t i = 0; i < bugs.size(); ++i) {
    if (auto ok = check_bug(bugs[i], cases); !ok) return tl::unexpected(ok.error());
    const Case& one = *case_named(cases, bugs[i].case_id);
    const Case& control = *case_named(cases, bugs[i].control);
    for (unsigned round = 0; round < options.times; ++round) {
      for (const auto& [played, client] :
           {std::pair{&one, &sides[i].bad}, std::pair{&one, &sides[i].good},
            std::pair{&control, &sides[i].bad}, std::pair{&control, &sides[i].good}}) {
        PlannedCase planned;
        planned.index = out.plays.size();
        planned.seed = options.seed;
        planned.one = *played;
        planned.client = *client;
        planned.arguments = options.arguments;
        planned.not_timed = options.not_timed;
        out.plays.push_back(std::move(planned));
      }
    }
  }
  out.bugs = std::move(bugs);
  out.sides = std::move(sides);
  return out;
}

Result<std::vector<BugOutcome>> play_backtest(const BacktestPlan& plan, const BacktestOptions& options,
                                              const std::function<void(const CaseLine&)>& done) {
  std::vector<std::optional<CaseRecord>> records(plan.plays.size());
  auto executed = execute(plan.plays, options.execute, [&](CaseLine line) {
    done(line);
    records.at(line.record.index) = std::move(line.record);
  });
  if (!executed) return tl::unexpected(executed.error());
  std::vector<BugOutcome> out;
  for (std::size_t i = 0; i < plan.bugs.size(); ++i) {
    std::vector<Round> rounds;
    for (std::size_t round = 0; round < options.times; ++round) {
      const std::size_t at = (i * options.times + round) * kPlays;
      if (!records[at] || !records[at + 1] || !records[at + 2] || !records[at + 3])
        return fail("not every play came to an end");
      rounds.push_back({*records[at], *records[at + 1], *records[at + 2], *records[at + 3]});
    }
    BugOutcome outcome = judge_rounds(plan.bugs[i], rounds);
    outcome.also_differs = differences(plan.sides[i].bad.packages, plan.sides[i].good.packages,
                                       plan.bugs[i].package ? plan.bugs[i].package->name : "");
    out.push_back(std::move(outcome));
  }
  return out;
}

}  // namespace assay::conformance
