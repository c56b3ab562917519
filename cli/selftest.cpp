// assay selftest: proves the cases with mutants of the reference client.
#include <fmt/format.h>
#include <unistd.h>

#include <map>
#include <thread>

#include "cli/say.h"
#include "cli/verbs.h"
#include "conformance/runner/case/data.h"
#include "conformance/runner/case/plan.h"
#include "conformance/runner/client/clients.h"
#include "conformance/runner/gate/selftest.h"
#include "conformance/runner/play/cell_choice.h"
#include "conformance/runner/play/machinery.h"

namespace assay::cli {
namespace {

using namespace conformance;

struct SelftestArguments {
  std::vector<std::string> cases;
  unsigned jobs = 0;
  std::uint64_t seed = 1;
  bool no_cells = false;
  bool matrix = false;
};

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

ExitCode run_selftest(const SelftestArguments& arguments) {
  const auto data = data_folder();
  if (!data) return say(data.error());
  auto cases = load_checked_cases(*data);
  if (!cases) return say(cases.error());
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
  options.seed = arguments.seed;
  options.execute.data_folder = *data;
  options.execute.jobs =
      arguments.jobs != 0 ? arguments.jobs : 2 * std::max(1U, std::thread::hardware_concurrency());
  const auto choice =
      choose_cells(arguments.no_cells ? CellWish::unwanted : CellWish::wanted, process::cells_available);
  if (!choice) return say(choice.error(), ExitCode::incomplete);
  options.execute.cells = choice->cells;
  if (!choice->cells && !arguments.no_cells)
    fmt::print(stderr, "assay: {}; running without cells, one case at a time\n", choice->without);
  std::size_t played = 0;
  const bool live = isatty(STDERR_FILENO) != 0;
  const auto report = selftest(*cases, options, [&](const CaseRecord& record) {
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
  print_list("The reference client must pass, but:", report->reference_failed);
  print_list("Cases that nothing proves:", report->unproven_cases);
  print_list("Too blunt:", report->blunt_mutants);
  if (arguments.cases.empty()) print_list("Mutants that no case names:", report->idle_mutants);
  if (arguments.matrix) print_matrix(*report);
  fmt::print("\nselftest: {} cases, {} of {} proofs hold, {} mutants\n", cases->size(), proven,
             report->proofs.size(), options.mutants.size());
  return report->ok() ? ExitCode::ok : ExitCode::failed;
}

}  // namespace

void add_selftest(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<SelftestArguments>();
  CLI::App* verb = app.add_subcommand(
      "selftest", "Prove with mutants of the reference client that every named check can fail");
  verb->add_option("case", arguments->cases, "Ids, suites or globs of cases; all without any")
      ->type_name("CASE");
  verb->add_flag("--matrix", arguments->matrix, "Play every mutant against every case, and show which fail");
  verb->add_option("-j,--jobs", arguments->jobs, "Cells at work at once (default: twice the processors)");
  verb->add_flag("--no-cells", arguments->no_cells, "Run on the machine's own ports, one case at a time");
  verb->add_option("--seed", arguments->seed, "Seed of every choice that no case file makes")
      ->capture_default_str();
  verb->callback([arguments, &action] { action = [arguments] { return run_selftest(*arguments); }; });
}

}  // namespace assay::cli
