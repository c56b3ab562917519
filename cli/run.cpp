// assay run: plays cases against a client and writes the run record.
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <thread>

#include "cli/say.h"
#include "cli/verbs.h"
#include "conformance/runner/case/data.h"
#include "conformance/runner/case/plan.h"
#include "conformance/runner/client/clients.h"
#include "conformance/runner/gate/gate.h"
#include "conformance/runner/gate/requirements.h"
#include "conformance/runner/play/cell_choice.h"
#include "conformance/runner/play/execute.h"
#include "conformance/runner/play/machinery.h"
#include "harness/base/text.h"
#include "reports/console.h"
#include "reports/html.h"
#include "reports/junit.h"
#include "reports/record/reader.h"
#include "reports/record/writer.h"

namespace assay::cli {
namespace {

using namespace conformance;

struct RunArguments {
  std::vector<std::string> cases;
  std::vector<std::string> clients;
  std::vector<std::string> adapter;
  std::string out = "out/run";
  std::string level = "may";
  std::string count_level = "must";
  std::string shard = "1/1";
  std::uint64_t seed = 1;
  std::uint64_t repeat = 1;
  std::string known, manifest, requirements, minimum;
  std::uint64_t max_fail = 0;
  unsigned retries = 0;
  unsigned jobs = 0;
  bool no_cells = false;
  bool require_cells = false;
};

std::atomic<bool> interrupted{false};
extern "C" void on_signal(int /*number*/) {
  interrupted = true;
}

Level level_named(const std::string& name) {
  return name == "must" ? Level::must : name == "should" ? Level::should : Level::may;
}

std::string now_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

// What --known, --manifest, --requirements and --min say, read before anything runs.
struct GateFiles {
  KnownFailures known;
  std::optional<std::vector<std::string>> manifest;
  std::vector<Case> cases;  // what the run may take
  std::optional<Minimum> minimum;
};

Result<GateFiles> read_gate(const RunArguments& arguments, const std::string& data,
                            const std::vector<Case>& all) {
  GateFiles out{{}, {}, all, {}};
  if (!arguments.known.empty()) {
    auto read = read_file(arguments.known).and_then([&](const std::string& text) {
      return parse_known_failures(text, arguments.known);
    });
    if (!read) return tl::unexpected(read.error());
    out.known = std::move(*read);
  }
  if (!arguments.manifest.empty()) {
    auto read = read_file(arguments.manifest).and_then([&](const std::string& text) {
      return parse_manifest(text, arguments.manifest);
    });
    if (!read) return tl::unexpected(read.error());
    out.manifest = std::move(*read);
  }
  if (!arguments.requirements.empty()) {
    const auto file = requirements_file(data, arguments.requirements);
    if (!file) return tl::unexpected(file.error());
    auto read =
        read_file(*file).and_then([&](const std::string& text) { return required_cases(all, text, *file); });
    if (!read) return tl::unexpected(read.error());
    out.cases = std::move(*read);
  }
  if (!arguments.minimum.empty()) {
    const auto read = parse_minimum(arguments.minimum);
    if (!read) return tl::unexpected(read.error());
    out.minimum = *read;
  }
  return out;
}

ExitCode run_run(const RunArguments& arguments, const std::vector<std::string>& command) {
  const auto data = data_folder();
  if (!data) return say(data.error());
  const auto cases = load_checked_cases(*data);
  if (!cases) return say(cases.error());
  std::vector<ClientSpec> clients;
  if (!arguments.adapter.empty())
    clients.push_back(adapter_client(std::filesystem::path(arguments.adapter.front()).filename().string(),
                                     arguments.adapter));
  for (const std::string& name : arguments.clients) {
    const auto client = find_client(name);
    if (!client) return say(client.error());
    clients.push_back(*client);
  }
  if (clients.empty()) clients.push_back(find_client("reference").value());
  const auto gate = read_gate(arguments, *data, *cases);
  if (!gate) return say(gate.error());
  for (ClientSpec& client : clients) client.manifest = gate->manifest;
  Filter filter;
  filter.cases = arguments.cases;
  filter.level = level_named(arguments.level);
  filter.repeat = arguments.repeat;
  const auto shard = parse_shard(arguments.shard);
  if (!shard) return say(shard.error());
  std::tie(filter.shard, filter.shards) = *shard;
  const auto plan = make_plan(gate->cases, clients, filter, arguments.seed);
  if (!plan) return say(plan.error());
  if (plan->empty()) return say({"this shard holds no case", {}, 0}, ExitCode::incomplete);

  ExecuteOptions options;
  options.data_folder = *data;
  options.jobs = arguments.jobs != 0 ? arguments.jobs : 2 * std::max(1U, std::thread::hardware_concurrency());
  options.interrupted = &interrupted;
  std::atomic<bool> enough{false};
  options.enough = &enough;
  options.retries = arguments.retries;
  const auto choice = choose_cells(arguments.no_cells        ? CellWish::unwanted
                                   : arguments.require_cells ? CellWish::required
                                                             : CellWish::wanted,
                                   process::cells_available);
  if (!choice) return say(choice.error(), ExitCode::incomplete);
  options.cells = choice->cells;
  if (!options.cells && !arguments.no_cells)
    fmt::print(stderr, "assay: {}; running without cells, one case at a time\n", choice->without);

  RunHeader header;
  header.assay = ASSAY_VERSION;
  header.started = now_utc();
  header.seed = arguments.seed;
  header.command = command;
  header.planned = plan->size();
  header.shard = filter.shards > 1 ? arguments.shard : "";
  header.requirements = arguments.requirements;
  header.cells = options.cells;
  header.without_cells = choice->without;
  utsname host{};
  if (uname(&host) == 0)
    header.host = {host.sysname, host.release, static_cast<int>(std::thread::hardware_concurrency())};
  for (const ClientSpec& client : clients)
    header.clients.push_back(
        {client.name, client.name == "reference" ? ASSAY_VERSION : client.version, "provider", {}});

  std::error_code error;
  std::filesystem::create_directories(arguments.out, error);
  if (error) return say({"cannot make the folder: " + error.message(), arguments.out, 0});
  const std::string record_path = arguments.out + "/run.jsonl";
  auto writer = RecordWriter::open(record_path, header);
  if (!writer) return say(writer.error());

  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);

  const SystemClock clock;
  reports::Progress progress(reports::console_style(STDERR_FILENO), plan->size(), [](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  });
  std::optional<Error> write_error;
  const Expectations expectations(gate->known, *cases, header.started.substr(0, 10));
  const Level counted = level_named(arguments.count_level);
  std::uint64_t failures = 0;
  auto executed = execute(*plan, options, [&](CaseLine line) {
    expectations.apply(line.record);
    if (auto written = (*writer)->append(line.record); !written && !write_error)
      write_error = written.error();
    progress.update(line.record);
    if (fails_run(line.record, counted) && ++failures == arguments.max_fail) enough = true;
  });
  progress.finish();
  if (write_error) return say(*write_error, ExitCode::incomplete);
  if (!executed) return say(executed.error(), ExitCode::incomplete);
  if (interrupted) {
    fmt::print(stderr, "assay: interrupted; {} holds what was done\n", record_path);
    return ExitCode::interrupted;
  }
  auto so_far = read_record(record_path);
  if (!so_far) return say(so_far.error(), ExitCode::incomplete);
  ExitCode code = exit_of(so_far->cases, counted, filter.shards > 1);
  std::vector<Error> problems = expectations.problems(so_far->cases);
  if (gate->minimum) {
    if (auto pass = enough_pass(*gate->minimum, so_far->cases); !pass) problems.push_back(pass.error());
  }
  if (!problems.empty()) code = ExitCode::failed;
  if (auto finished = (*writer)->finish(static_cast<int>(code), clock.now().count()); !finished)
    return say(finished.error(), ExitCode::incomplete);

  auto record = read_record(record_path);
  if (!record) return say(record.error(), ExitCode::incomplete);
  if (!any_applied(record->cases))
    record->notes.emplace_back("no case applied: none of the capabilities that they require was declared");
  for (const Error& problem : problems) record->notes.push_back(problem.text());
  if (record->cases.size() < plan->size())
    record->notes.push_back(fmt::format("stopped after {} failures (--max-fail); {} of {} cases ran",
                                        failures, record->cases.size(), plan->size()));
  if (auto written = write_file_atomically(arguments.out + "/junit.xml", reports::render_junit(*record));
      !written)
    return say(written.error(), ExitCode::incomplete);
  const std::string report_path = arguments.out + "/report.html";
  if (auto written = write_file_atomically(report_path, reports::render_html(*record)); !written)
    return say(written.error(), ExitCode::incomplete);
  fmt::print("{}", reports::render_console(*record, reports::console_style(STDOUT_FILENO), record_path));
  fmt::print("record  {}\nreport  {}\n", record_path, report_path);
  return code;
}

}  // namespace

void add_run(CLI::App& app, Action& action, const std::vector<std::string>& command) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* verb = app.add_subcommand("run", "Play cases against a client and judge it");
  verb->add_option("case", arguments->cases, "Ids, suites or globs of cases; all without any")
      ->type_name("CASE");
  verb->add_option("--client", arguments->clients,
                   "Client under test: reference (default), mutant:NAME, a name that `assay clients` shows, "
                   "or a client file; may be repeated")
      ->type_name("NAME")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verb->add_option("--adapter", arguments->adapter,
                   "Program and arguments that speak the adapter protocol, up to the next option")
      ->type_name("ARGV");
  verb->add_option("--out", arguments->out, "Folder for run.jsonl, report.html and junit.xml")
      ->type_name("DIR")
      ->capture_default_str();
  verb->add_option("--seed", arguments->seed, "Seed of every choice that no case file makes")
      ->capture_default_str();
  verb->add_option("-j,--jobs", arguments->jobs, "Cells at work at once (default: twice the processors)");
  verb->add_option("--select-level", arguments->level, "Run only cases of at least this level")
      ->check(CLI::IsMember({"must", "should", "may"}))
      ->capture_default_str();
  verb->add_option("--level", arguments->count_level,
                   "Cases of at least this level count for the exit status")
      ->check(CLI::IsMember({"must", "should", "may"}))
      ->capture_default_str();
  verb->add_option("--shard", arguments->shard, "Run only the i-th of n parts of the plan")
      ->type_name("I/N")
      ->capture_default_str();
  verb->add_option("--repeat", arguments->repeat,
                   "Run every case so often; each time is a line of the record")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_option("--known", arguments->known,
                   "Known failures (YAML): they do not fail the run; one that is mended, expired or matches "
                   "no case does")
      ->type_name("FILE");
  verb->add_option("--requirements", arguments->requirements,
                   "Run only the cases of a frozen requirement set, such as 2026.11")
      ->type_name("NAME");
  verb->add_option(
          "--manifest", arguments->manifest,
          "Capabilities that the client has (YAML): without one of them it is broken, others do not apply")
      ->type_name("FILE");
  verb->add_option("--min", arguments->minimum,
                   "Fail when fewer cases pass: a number, or a percentage of those that apply")
      ->type_name("N|N%");
  verb->add_option("--max-fail", arguments->max_fail,
                   "Stop after so many failures that count; the record is then incomplete")
      ->check(CLI::PositiveNumber);
  verb->add_option("--retries", arguments->retries,
                   "Try a case that fails again so often; one that then passes is flaky");
  verb->add_flag("--no-cells", arguments->no_cells, "Run on the machine's own ports, one case at a time");
  verb->add_flag("--require-cells", arguments->require_cells, "Fail when this machine allows no cells");
  verb->callback([arguments, command, &action] {
    action = [arguments, command] { return run_run(*arguments, command); };
  });
}

void add_cell_worker(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("cell-worker", "")->group("");
  verb->callback([&action] { action = [] { return static_cast<ExitCode>(work()); }; });
}

}  // namespace assay::cli
