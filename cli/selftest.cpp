// assay selftest: proves the cases with mutants of the reference client.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/probe.h"
#include "cli/say.h"
#include "cli/time_check.h"
#include "cli/verbs.h"
#include "conformance/runner/case/case_file.h"
#include "conformance/runner/case/data.h"
#include "conformance/runner/case/plan.h"
#include "conformance/runner/client/clients.h"
#include "conformance/runner/gate/selftest.h"
#include "conformance/runner/judge/reports.h"
#include "conformance/runner/play/cell_choice.h"
#include "conformance/runner/play/machinery.h"
#include "harness/base/strict.h"
#include "harness/base/text.h"

namespace assay::cli {
namespace {

using namespace conformance;

struct SelftestArguments {
  std::vector<std::string> cases;
  unsigned jobs = 0;
  std::uint64_t seed = 1;
  bool no_cells = false;
  bool matrix = false;
  bool all_protocols = false;
  bool learn = false;
  std::vector<std::string> reports;
  bool empty = false;
};

// The file of what was learned: one case a line, so that a change is seen in a diff.
Result<void> write_learned(const std::string& path, const std::vector<Case>& cases,
                           const SelftestReport& report) {
  std::map<std::string, nlohmann::json> lines;
  for (const Case& one : cases) {
    if (!one.observed_by.empty()) lines[one.id] = one.observed_by;
  }
  for (const auto& [id, sets] : report.learned) lines[id] = sets;
  std::string text = "{";
  for (const auto& [id, sets] : lines)
    text += fmt::format("{}\n{}: {}", text.size() == 1 ? "" : ",", nlohmann::json(id).dump(), sets.dump());
  return write_file_atomically(path, text + "\n}\n");
}

void print_matrix(const SelftestReport& report) {
  fmt::print("\nMutants and the cases that fail under them:\n");
  for (const auto& [mutant, ids] : report.matrix) {
    fmt::print("  {} ({})\n", mutant, ids.size());
    for (const std::string& id : ids) fmt::print("    {}\n", id);
  }
}

void print_list(const char* title, const std::vector<std::string>& items) {
  if (items.empty()) return;
  fmt::print("\n{}\n", title);
  for (const std::string& item : items) fmt::print("  {}\n", item);
}

// What passes without evidence.
ExitCode run_empty(const std::vector<Case>& cases, const SelftestOptions& options) {
  const auto report = selftest_empty(cases, options, {});
  if (!report) return say(report.error(), ExitCode::incomplete);
  fmt::print("A client that sends everything and reports nothing passes, as it should:\n");
  for (const std::string& id : report->passed) fmt::print("  {}\n", id);
  print_list("These pass without evidence:", report->vacuous);
  fmt::print("\nselftest --empty: {} cases, {} plays, {} pass without evidence\n", cases.size(),
             report->played, report->vacuous.size());
  return report->vacuous.empty() ? ExitCode::ok : ExitCode::failed;
}

ExitCode run_selftest(const SelftestArguments& arguments) {
  if (!arguments.cases.empty() && arguments.cases.front() == "probe")
    return selftest_probe({arguments.cases.begin() + 1, arguments.cases.end()}, arguments.matrix);
  const auto data = data_folder();
  if (!data) return say(data.error());
  auto cases = load_checked_cases(*data);
  if (!cases) return say(cases.error());
  const std::vector<Case> all = *cases;
  if (!arguments.cases.empty()) {
    Filter filter;
    filter.cases = arguments.cases;
    const auto plan = make_plan(*cases, {adapter_client("reference", {})}, filter, 1);
    if (!plan) return say(plan.error());
    cases->clear();
    for (const PlannedCase& planned : *plan) cases->push_back(planned.one);
  }
  SelftestOptions options;
  const auto program = mutant_program();
  if (!program) return say(program.error());
  options.mutant_program = *program;
  const auto names = mutant_names();
  if (!names) return say(names.error());
  options.mutants = *names;
  options.reference = find_client("reference").value();
  options.matrix = arguments.matrix;
  options.all_protocols = arguments.all_protocols;
  options.seed = arguments.seed;
  if (!arguments.reports.empty()) {
    options.reports = arguments.reports;
    for (const std::string& name : arguments.reports) {
      std::vector<std::string> known = report_names();
      known.emplace_back("store");
      if (std::find(known.begin(), known.end(), name) == known.end())
        return say(Error{unknown_word("report", name, known), "", 0});
    }
  }
  options.execute.data_folder = *data;
  options.execute.jobs =
      arguments.jobs != 0 ? arguments.jobs : 2 * std::max(1U, std::thread::hardware_concurrency());
  const auto choice =
      choose_cells(arguments.no_cells ? CellWish::unwanted : CellWish::wanted, {}, process::cells_available);
  if (!choice) return say(choice.error(), ExitCode::incomplete);
  options.execute.cells = choice->cells;
  if (!choice->cells && !arguments.no_cells)
    fmt::print(stderr, "assay: {}; running without cells, one case at a time\n", choice->without);
  if (arguments.empty) return run_empty(*cases, options);
  std::vector<PlannedCase> plan;
  for (const Case& one : *cases) plan.push_back({plan.size(), options.seed, one, options.reference});
  options.not_timed = time_check(plan);
  if (!options.not_timed.empty()) fmt::print(stderr, "assay: {}\n", without_case_time(options.not_timed));
  std::size_t played = 0;
  const bool live = isatty(STDERR_FILENO) != 0;
  auto report = selftest(*cases, options, [&](const CaseRecord& record) {
    ++played;
    if (live) fmt::print(stderr, "\r\033[K{} played, {} with {}", played, record.name, record.client);
  });
  if (live) fmt::print(stderr, "\r\033[K");
  if (!report) return say(report.error(), ExitCode::incomplete);
  std::size_t proven = 0;
  for (const Proof& proof : report->proofs) {
    if (!proof.proven) continue;
    ++proven;
    fmt::print("proven      {}: {} fails {}\n", proof.case_id, proof.mutant, proof.check);
  }
  // What fails stands last, where it is seen.
  for (const Proof& proof : report->proofs) {
    if (proof.proven) continue;
    fmt::print("NOT PROVEN  {}: {} should fail {}: {}\n", proof.case_id, proof.mutant, proof.check,
               proof.why_not);
  }
  std::vector<std::string> failures;
  for (const auto& failure : report->reference_failed)
    failures.push_back(failure.case_id + ": " + failure.reason);
  print_list("The reference client must pass, but:", failures);
  print_list("Played again, one play at a time, as they did not hold beside others:", report->played_again);
  print_list("Cases that nothing proves:", report->unproven_cases);
  print_list("Too blunt:", report->blunt_mutants);
  if (arguments.learn) {
    const std::string path = *data + "/conformance/cases/" + kLearnedFile;
    if (auto written = write_learned(path, all, *report); !written) return say(written.error());
    fmt::print("\nwrote {}\n", path);
    report->stale.clear();
  } else {
    print_list("Not learned, or learned otherwise (assay selftest --learn):", report->stale);
  }
  if (arguments.cases.empty()) print_list("Mutants that no case names:", report->idle_mutants);
  if (arguments.matrix) print_matrix(*report);
  if (options.reports)
    fmt::print("\n{} of {} cases apply to a client that reports {}\n", cases->size() - report->not_asked,
               cases->size(), fmt::join(*options.reports, ", "));
  if (!options.reports && report->not_asked > 0)
    fmt::print(
        "\n{} plays were not asked, and prove nothing: {}\n", report->not_asked,
        options.not_timed.empty() ? "their fault has no place in another protocol" : options.not_timed);
  fmt::print("\nselftest: {} cases, {} of {} proofs hold, {} mutants\n", cases->size(), proven,
             report->proofs.size(), options.mutants.size());
  return report->ok() ? ExitCode::ok : ExitCode::failed;
}

}  // namespace

void add_selftest(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<SelftestArguments>();
  CLI::App* verb =
      app.add_subcommand("selftest", "Prove with mutants of the reference client that each check can fail");
  verb->add_option(
          "case", arguments->cases,
          "Case ids, suites or globs (default: all); `probe [GLOB...]` proves the checks of assay probe")
      ->type_name("CASE");
  verb->add_flag("--matrix", arguments->matrix,
                 "Run every mutant against every case and show which cases fail");
  verb->add_flag("--all-protocols", arguments->all_protocols,
                 "Prove cases that depend on the protocol in each that the reference client speaks");
  verb->add_option("--reports", arguments->reports,
                   "Withhold all else from the judges: a case applies only if a mutant of it still fails")
      ->delimiter(',')
      ->type_name("NAME,...");
  verb->add_flag("--learn", arguments->learn,
                 "Write what each case must be reported to be asked (conformance/cases/observed.json)");
  verb->add_flag("--empty", arguments->empty,
                 "Play clients that send nothing or report nothing; no case may pass without evidence");
  verb->add_option("-j,--jobs", arguments->jobs,
                   "Number of parallel cells (default: twice the number of CPUs)");
  verb->add_flag("--no-cells", arguments->no_cells,
                 "Run without cells, on the ports of this machine, one case at a time");
  verb->add_option("--seed", arguments->seed, "Seed for every random choice")->capture_default_str();
  verb->callback([arguments, &action] { action = [arguments] { return run_selftest(*arguments); }; });
}

}  // namespace assay::cli
