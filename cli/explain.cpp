// assay explain CASE: what a case demands, where that was seen, what the fakes do, and how to run it alone.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli/say.h"
#include "cli/verbs.h"
#include "conformance/backtest/bugs.h"
#include "conformance/runner/case/data.h"
#include "conformance/runner/case/plan.h"
#include "conformance/runner/case/world_spec.h"
#include "conformance/runner/client/clients.h"
#include "conformance/runner/judge/expectation.h"
#include "conformance/runner/play/machinery.h"
#include "harness/wire/fault.h"
#include "reports/record/topic.h"
#include "reports/seen.h"

namespace assay::cli {
namespace {

using namespace conformance;
using nlohmann::json;

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

// Which operation each label of a case stands for.
phrase::Operations operations_in(const std::vector<Step>& steps) {
  phrase::Operations out;
  const auto add = [&](const Operation& operation) {
    if (!operation.label.empty()) out[operation.label] = operation.op;
  };
  for (const Step& step : steps) {
    if (const auto* done = std::get_if<Step::Do>(&step.action)) add(done->operation);
    if (const auto* started = std::get_if<Step::Start>(&step.action)) add(started->operation);
    if (const auto* repeated = std::get_if<Step::Repeat>(&step.action)) add(repeated->operation);
    if (const auto* parallel = std::get_if<Step::Parallel>(&step.action)) {
      for (const Operation& operation : parallel->operations) add(operation);
    }
  }
  return out;
}

void explain_world(const Case& one, const WorldPlan& plan) {
  fmt::print("\nThe world (provider {}):\n", plan.provider.value("id", ""));
  for (const FakeSpec& fake : plan.spec.fakes) {
    fmt::print("  {}\n", fake.name);
    for (const auto& [key, value] : fake.settings.items()) fmt::print("    {}: {}\n", key, value.dump());
    for (const RuleSpec& rule : fake.rules) {
      fmt::print("    on {}{}{}\n", rule.match.dump(),
                 rule.order.is_null() ? "" : " it answers " + rule.order.dump(),
                 rule.hold.empty() ? "" : ", held until " + rule.hold);
      for (const wire::FaultUse& use : rule.faults) {
        const wire::Fault* fault = wire::find_fault(use.name);
        fmt::print("      fault {} {}: {}\n", use.name, use.params.is_null() ? "" : use.params.dump(),
                   fault == nullptr ? "" : fault->description);
      }
    }
  }
  if (!one.browser.empty()) fmt::print("  browser: {}\n", one.browser.dump());
  if (!one.given.empty()) fmt::print("  given: {}\n", one.given.dump());
  if (!one.machine.plain()) fmt::print("  the machine: {}\n", describe(one.machine));
}

// What was seen where, as docs/seen.md has it.
void explain_seen(const Case& one) {
  for (const std::string& id : one.seen_in) {
    const reports::Seen* seen = reports::find_seen(id);
    fmt::print("Seen in:         {}{}\n", id, seen == nullptr ? "" : ": " + seen->title);
    if (seen == nullptr) continue;
    for (const reports::SeenSource& source : seen->sources)
      fmt::print("                 {} {}\n", source.name, source.url);
  }
}

// Published versions that `assay backtest` saw failing this case.
void explain_known_to_fail(const Case& one, const std::vector<Bug>& bugs) {
  for (const Bug& bug : bugs) {
    if (bug.case_id != one.id || !bug.package || !bug.not_attached.empty()) continue;
    fmt::print("Known to fail:   {}, mended in {}: {}\n", bug.package->text(), bug.good, bug.title);
  }
}

ExitCode explain(const std::string& pattern) {
  const auto data = data_folder();
  if (!data) return say(data.error());
  const auto cases = load_checked_cases(*data);
  if (!cases) return say(cases.error());
  Filter filter;
  filter.cases = {pattern};
  auto plan = make_plan(*cases, {adapter_client("reference", {})}, filter, 1);
  if (!plan) return say(plan.error());
  const std::string backtest = *data + "/conformance/backtest.yaml";  // a folder of one's own has none
  const auto bugs = std::filesystem::exists(backtest) ? load_bugs(backtest) : std::vector<Bug>();
  if (!bugs) return say(bugs.error());
  std::stable_sort(plan->begin(), plan->end(), [](const PlannedCase& a, const PlannedCase& b) {
    return topic_rank(a.one.topic) < topic_rank(b.one.topic);
  });
  bool first = true;
  for (const PlannedCase& planned : *plan) {
    const Case& one = planned.one;
    if (!first) fmt::print("\n{}\n\n", std::string(80, '-'));
    first = false;
    fmt::print("{}\n{}\n\n", one.id, one.title);
    fmt::print("Required ({}): {}\n", to_string(one.level), one.requirement);
    fmt::print("What to fix:     {}\n", topic_title(one.topic));
    if (!one.profile.empty()) fmt::print("Profile:         {}\n", one.profile);
    explain_seen(one);
    explain_known_to_fail(one, *bugs);
    if (!one.needs.empty()) fmt::print("Client needs:    {}\n", joined(one.needs));
    const auto world = plan_world(one, *data, planned.seed);
    if (!world) return say(world.error());
    explain_world(one, *world);
    fmt::print("\nWhat is done:\n");
    for (const Step& step : one.steps) fmt::print("  {}\n", step.text);
    fmt::print("\nWhat must hold:\n");
    const phrase::Operations operations = operations_in(one.steps);
    for (const conformance::Check& check : one.checks)
      fmt::print("  {:<10} {}\n", check.name, expected_sentence(check, operations));
    if (!one.proven_by.empty()) {
      fmt::print("\nProven by:\n");
      for (const auto& [mutant, check] : one.proven_by)
        fmt::print("  {} fails {}    assay run {} --client mutant:{}\n", mutant, check, one.id, mutant);
    }
    fmt::print("\nRun it alone:\n  assay run {}\nWritten in {}:{}\n", one.id, one.file, one.line);
  }
  return ExitCode::ok;
}

}  // namespace

void add_explain(CLI::App& app, Action& action) {
  auto pattern = std::make_shared<std::string>();
  CLI::App* verb = app.add_subcommand(
      "explain", "Show what a case requires, where the bug was seen and what the fakes do");
  verb->add_option("case", *pattern, "Case id, suite or glob")->required()->type_name("CASE");
  verb->callback([pattern, &action] { action = [pattern] { return explain(*pattern); }; });
}

}  // namespace assay::cli
