// assay run: plays cases against a client and writes the run record.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "cli/case_choice.h"
#include "cli/client_choice.h"
#include "cli/options.h"
#include "cli/redacted_command.h"
#include "cli/run_arguments.h"
#include "cli/run_defaults.h"
#include "cli/run_folder.h"
#include "cli/run_watch.h"
#include "cli/say.h"
#include "cli/time_check.h"
#include "cli/verbs.h"
#include "conformance/runner/case/data.h"
#include "conformance/runner/case/plan.h"
#include "conformance/runner/client/cell_command.h"
#include "conformance/runner/client/clients.h"
#include "conformance/runner/gate/gate.h"
#include "conformance/runner/play/cell_choice.h"
#include "conformance/runner/play/execute.h"
#include "conformance/runner/play/machinery.h"
#include "conformance/runner/play/start_check.h"
#include "conformance/runner/play/timed_case.h"
#include "harness/base/text.h"
#include "reports/console.h"
#include "reports/record/reader.h"
#include "reports/record/writer.h"

namespace assay::cli {
namespace {

using namespace conformance;

std::atomic<bool> interrupted{false};
extern "C" void on_signal(int /*number*/) {
  interrupted = true;
}

// The plan as text, for --dry-run.
void print_plan(const std::vector<PlannedCase>& plan, std::size_t clients) {
  std::size_t width = 0;
  for (const PlannedCase& planned : plan) width = std::max(width, planned.name().size());
  for (const PlannedCase& planned : plan) {
    fmt::print("{:<{}}  {:<6}{}\n", planned.name(), width,
               to_string(level_for(planned.one, planned.client.kind)),
               clients > 1 ? "  " + planned.client.name : "");
  }
  fmt::print("\n{} cases would be played; `assay list cases --client NAME` says which of them apply\n",
             plan.size());
}

// What a run has to say beside its cases.
struct RunOutcome {
  ExitCode code = ExitCode::ok;
  std::vector<std::string> notes;
};

// What the cases of a run are worth with everything that its options ask for.
RunOutcome judged(const std::vector<CaseRecord>& cases, const GateFiles& gate,
                  const Expectations& expectations, Level counted, bool shard) {
  RunOutcome out{exit_of(cases, counted, shard), {}};
  if (!any_applied(cases)) out.notes.emplace_back("no case applied: the reason of each is in the record");
  std::vector<Error> problems = expectations.problems(cases);
  if (gate.minimum) {
    if (auto pass = enough_pass(*gate.minimum, cases); !pass) problems.push_back(pass.error());
  }
  if (!problems.empty()) out.code = ExitCode::failed;
  for (const Error& problem : problems) out.notes.push_back(problem.text());
  return out;
}

// Why nothing is played: what the first client that fails its start check did not do. `header` is told what
// each says it can do. Mutants are broken on purpose.
std::optional<StartFailure> check_starts(const std::vector<ClientSpec>& clients,
                                         const ExecuteOptions& options, RunHeader& header) {
  for (std::size_t i = 0; i < clients.size(); ++i) {
    if (clients[i].name.starts_with("mutant:")) continue;
    StartCheck check = start_check(clients[i], options, header.seed);
    header.clients[i].capabilities = std::move(check.capabilities);
    if (!check.failure) continue;
    fmt::print(stderr, "assay: {}; no case was played (--no-start-check plays them all the same)\n",
               check.failure->message);
    for (const std::string& detail : check.failure->details) fmt::print(stderr, "  {}\n", detail);
    return std::move(check.failure);
  }
  return std::nullopt;
}

ExitCode run_run(const RunArguments& arguments, const std::vector<std::string>& command) {
  const auto data = data_folder();
  if (!data) return say(data.error());
  std::vector<std::string> words = arguments.cases;
  // What stands behind --adapter may be meant for either; whatever names cases is none of its arguments.
  auto known_cases = choose_cases(*data, words, arguments.own_cases);
  if (!known_cases) return say(known_cases.error());
  const auto adapter =
      adapter_words(arguments.adapter, [&](const std::string& word) { return known_cases->names(word); });
  if (!adapter) return say(adapter.error());
  if (!adapter->rest.empty()) {
    words.insert(words.end(), adapter->rest.begin(), adapter->rest.end());
    known_cases = choose_cases(*data, words, arguments.own_cases);
    if (!known_cases) return say(known_cases.error());
  }
  const CaseChoice& choice = *known_cases;
  auto clients = clients_of(arguments.clients, adapter->argv, arguments.packages);
  if (!clients) return say(clients.error());
  const auto gate = read_gate(arguments, *data, choice.cases);
  if (!gate) return say(gate.error());
  // Homes of clients are made there.
  std::error_code no_folder;
  (void)std::filesystem::temp_directory_path(no_folder);
  if (no_folder) {
    const char* named = std::getenv("TMPDIR");
    return say({"TMPDIR: expected a folder, found \"" + std::string(named == nullptr ? "/tmp" : named) + "\"",
                {},
                0});
  }
  for (ClientSpec& client : *clients) {
    client.manifest = gate->manifest;
    // Repeat lines are in every report.
    client.arguments = redacted_command(client.arguments, {});
  }
  const auto filter = filter_of(arguments, choice.patterns);
  if (!filter) return say(filter.error());
  auto plan = make_plan(gate->cases, *clients, *filter, arguments.seed);
  if (!plan) {
    if (!adapter->rest.empty()) plan.error().message += adapter_hint(*adapter);
    return say(plan.error());
  }
  if (!arguments.time.empty()) {
    const auto rate = casetime::parse_rate(arguments.time);
    if (!rate) return say({"--time: " + rate.error().message, {}, 0});
    for (PlannedCase& planned : *plan) planned.time = *rate;
  }
  if (plan->empty()) return say({"this shard holds no case", {}, 0}, ExitCode::incomplete);
  for (PlannedCase& planned : *plan) {
    if (const auto own = choice.own.find(planned.one.id); own != choice.own.end())
      planned.arguments = {"--cases", own->second};
  }
  if (arguments.dry_run) {
    print_plan(*plan, clients->size());
    return ExitCode::ok;
  }

  const std::string not_timed = time_check(*plan);
  if (!not_timed.empty()) {
    if (!arguments.time.empty()) return say({not_timed, {}, 0}, ExitCode::incomplete);
    fmt::print(stderr, "assay: {}\n", without_case_time(not_timed));
    for (PlannedCase& planned : *plan) planned.not_timed = not_timed;
  }

  ExecuteOptions options;
  options.data_folder = *data;
  options.jobs = arguments.jobs != 0 ? arguments.jobs : 2 * std::max(1U, std::thread::hardware_concurrency());
  options.interrupted = &interrupted;
  std::atomic<bool> enough{false};
  options.enough = &enough;
  options.retries = arguments.retries;
  const auto cells = choose_cells(arguments.no_cells        ? CellWish::unwanted
                                  : arguments.require_cells ? CellWish::required
                                                            : CellWish::wanted,
                                  *clients, process::cells_available);
  if (!cells) return say(cells.error(), ExitCode::incomplete);
  options.cells = cells->cells;
  if (!options.cells && !arguments.no_cells)
    fmt::print(stderr, "assay: {}; running without cells, one case at a time\n", cells->without);

  const auto folder = RunFolder::take(arguments.out);
  if (!folder) return say(folder.error());
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);

  const SystemClock clock;
  RunHeader header = header_of(arguments, command, *plan, *clients, *cells);
  const auto no_start = arguments.no_start_check ? std::nullopt : check_starts(*clients, options, header);
  for (PlannedCase& planned : *plan) {
    const auto client = std::find_if(header.clients.begin(), header.clients.end(),
                                     [&](const auto& one) { return one.name == planned.client.name; });
    if (client != header.clients.end() && !client->capabilities.empty())
      planned.client.claims = client->capabilities;
  }
  auto writer = RecordWriter::open(folder->record(), header);
  if (!writer) return say(writer.error());
  reports::Progress progress(reports::console_style(STDERR_FILENO), plan->size(), [](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  });
  std::optional<Error> write_error;
  const Expectations expectations(gate->known, choice.cases, header.started.substr(0, 10));
  const Level counted = level_named(arguments.count_level);
  std::uint64_t failures = 0;
  std::vector<CaseRecord> unwritten;  // what the disk would not take is still told
  auto executed = execute(no_start ? std::vector<PlannedCase>() : *plan, options, [&](CaseLine line) {
    if (enough) return;  // it ended while the run was being stopped
    expectations.apply(line.record);
    if (auto written = (*writer)->append(line.record); !written) {
      write_error = written.error();
      unwritten.push_back(line.record);
      enough = true;
    }
    progress.update(line.record);
    if (fails_run(line.record, counted) && ++failures == arguments.max_fail) enough = true;
  });
  progress.finish();
  if (!executed) return say(executed.error(), ExitCode::incomplete);

  auto record = read_record(folder->record());
  if (!record && !write_error) return say(record.error(), ExitCode::incomplete);
  if (!record) record = RunRecord{header, {}, {}, {}};
  record->cases.insert(record->cases.end(), unwritten.begin(), unwritten.end());
  RunOutcome outcome = judged(record->cases, *gate, expectations, counted, filter->shards > 1);
  const auto unasked = std::count_if(plan->begin(), plan->end(),
                                     [](const PlannedCase& planned) { return !not_asked(planned).empty(); });
  if (unasked > 0) outcome.notes.push_back(fmt::format("{} cases were not asked: {}", unasked, not_timed));
  if (write_error) outcome.code = ExitCode::incomplete;
  if (interrupted) outcome.code = ExitCode::interrupted;
  if (no_start) {
    outcome.code = ExitCode::incomplete;
    outcome.notes.assign(1, "start check: " + no_start->message);
  }
  const std::string how_many = fmt::format("{} of {} cases ran", record->cases.size(), plan->size());
  if (interrupted) {
    outcome.notes.push_back("interrupted; " + how_many);
  } else if (write_error) {
    outcome.notes.push_back(write_error->text() + "; stopped, " + how_many);
  } else if (!no_start && record->cases.size() < plan->size()) {
    outcome.notes.push_back(fmt::format("stopped after {} failures (--max-fail); {}", failures, how_many));
  }
  std::vector<std::string> names;
  for (const ClientSpec& client : *clients) names.push_back(client.name);
  for (const Error& other : expectations.of_other_clients(names)) outcome.notes.push_back(other.text());

  // The record of a run that was interrupted has no footer: nothing that reads it takes it for a whole one.
  if (!write_error && !interrupted) {
    if (auto finished = (*writer)->finish(static_cast<int>(outcome.code), clock.now().count()); !finished)
      return say(finished.error(), ExitCode::incomplete);
    record = read_record(folder->record());
    if (!record) return say(record.error(), ExitCode::incomplete);
  }
  record->notes.insert(record->notes.end(), outcome.notes.begin(), outcome.notes.end());
  const auto reported = write_error ? Result<void>() : folder->write_reports(*record);
  fmt::print("{}", reports::render_console(*record, reports::console_style(STDOUT_FILENO), folder->record()));
  if (write_error) return say(*write_error, ExitCode::incomplete);
  if (!reported) return say(reported.error(), ExitCode::incomplete);
  fmt::print("record  {}\nreport  {}\n", folder->record(), folder->html());
  if (interrupted) fmt::print(stderr, "assay: interrupted; {}\n", how_many);
  return outcome.code;
}

}  // namespace

void add_run(CLI::App& app, Action& action, const std::vector<std::string>& command) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* verb = app.add_subcommand("run", "Run cases against a client");
  verb->add_option("case", arguments->cases,
                   "Ids, suites or globs of cases, or paths of case files of your own (./cases/); all of "
                   "assay's without any")
      ->type_name("CASE");
  add_values(*verb, "--cases", arguments->own_cases,
             "Case files of your own, to be chosen from by id; may be repeated", "PATH");
  add_values(*verb, "--exclude", arguments->exclude, "Exclude cases by id, suite or glob; may be repeated",
             "CASE");
  add_values(*verb, "--client", arguments->clients,
             "Client under test: reference (default), mutant:NAME, a name that `assay clients` shows, or a "
             "client file; may be repeated",
             "NAME");
  add_package_option(*verb, arguments->packages);
  add_adapter_option(*verb, arguments->adapter);
  verb->add_option("--out", arguments->out, "Output folder for run.jsonl, report.html and junit.xml")
      ->type_name("DIR")
      ->capture_default_str();
  verb->add_option("--seed", arguments->seed, "Seed for every random choice")->capture_default_str();
  verb->add_option("-j,--jobs", arguments->jobs,
                   "Number of parallel cells (default: twice the number of CPUs)");
  verb->add_option("--select-level", arguments->level, "Run only cases of this level or above")
      ->check(one_of({"must", "should", "may"}))
      ->capture_default_str();
  verb->add_option("--level", arguments->count_level,
                   "Cases of this level or above count for the exit status")
      ->check(one_of({"must", "should", "may"}))
      ->capture_default_str();
  verb->add_option("--order", arguments->order,
                   "Order of the cases: as in their files, or random by --seed, which shows cases that "
                   "depend on each other")
      ->check(one_of({"file", "random"}))
      ->capture_default_str();
  verb->add_flag("--all-protocols", arguments->all_protocols,
                 "Run every case in each protocol that the client speaks, not only those that depend on it");
  verb->add_flag("--dry-run", arguments->dry_run, "Show which cases would run, and run none");
  verb->add_option("--shard", arguments->shard, "Run only part I of N of the plan")
      ->type_name("I/N")
      ->capture_default_str();
  verb->add_option("--repeat", arguments->repeat, "Run every case N times; each run is a line of the record")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_option(
          "--known", arguments->known,
          "Known failures (YAML) that do not fail the run; an entry that passes, is expired or matches "
          "no case does")
      ->type_name("FILE");
  verb->add_option("--requirements", arguments->requirements,
                   "Run only the cases of a frozen requirement set, such as 2026.11")
      ->type_name("NAME");
  verb->add_option("--manifest", arguments->manifest,
                   "Capabilities that the client must have (YAML); cases for other capabilities do not apply")
      ->type_name("FILE");
  verb->add_option("--min", arguments->minimum,
                   "Fail if fewer cases pass: a number, or a percentage of the applicable cases")
      ->type_name("N|N%");
  verb->add_option("--max-fail", arguments->max_fail,
                   "Stop after N failures that count; the record is then incomplete")
      ->check(CLI::PositiveNumber);
  verb->add_option("--retries", arguments->retries,
                   "Retry a failed case up to N times; if it then passes, it is flaky");
  verb->add_option("--time", arguments->time,
                   "Run clients and cases N times as fast; x1 switches case time off (default: x20 for cases "
                   "that wait)")
      ->type_name("xN");
  verb->add_flag("--no-cells", arguments->no_cells,
                 "Run without cells, on the ports of this machine, one case at a time");
  verb->add_flag("--no-start-check", arguments->no_start_check,
                 "Skip the start check, which plays one operation before the first case");
  verb->add_flag("--require-cells", arguments->require_cells, "Fail if this machine does not allow cells");
  verb->add_flag("--watch", arguments->watch,
                 "Run again what failed whenever a file of the client changes, and then everything");
  verb->add_flag("--no-defaults", arguments->no_defaults, "Do not read the assay.yaml of the repository");
  verb->callback([arguments, command, verb, &action] {
    action = [arguments, command, verb] {
      const std::string file = arguments->no_defaults ? "" : defaults_file(".");
      if (!file.empty()) {
        const auto given = [verb](const std::string& name) { return verb->get_option(name)->count() != 0; };
        if (auto taken = take_defaults(*arguments, file, given); !taken) return say(taken.error());
        fmt::print(stderr, "assay: defaults from {}\n", without_controls(file));
      }
      const auto run = [command](const RunArguments& what) { return run_run(what, command); };
      return arguments->watch ? run_and_watch(*arguments, run, interrupted) : run(*arguments);
    };
  });
}

void add_cell_worker(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("cell-worker", "")->group("");
  verb->callback([&action] { action = [] { return static_cast<ExitCode>(work()); }; });
  CLI::App* command = app.add_subcommand("cell-command", "")->group("");
  command->callback([&action] { action = [] { return static_cast<ExitCode>(work_on_command()); }; });
}

}  // namespace assay::cli
