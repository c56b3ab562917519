// assay backtest: whether the cases see the bugs that published versions had.
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <thread>

#include "cli/case_choice.h"
#include "cli/options.h"
#include "cli/run_arguments.h"
#include "cli/run_folder.h"
#include "cli/say.h"
#include "cli/verbs.h"
#include "conformance/backtest/play.h"
#include "conformance/backtest/table.h"
#include "conformance/runner/case/data.h"
#include "conformance/runner/play/cell_choice.h"
#include "conformance/runner/play/self_check.h"
#include "conformance/runner/play/timed_case.h"
#include "harness/base/shell_words.h"
#include "harness/base/text.h"
#include "reports/console.h"
#include "reports/record/reader.h"
#include "reports/record/writer.h"

namespace assay::cli {
namespace {

using namespace conformance;

std::atomic<bool> backtest_interrupted{false};
extern "C" void on_backtest_signal(int /*number*/) {
  backtest_interrupted = true;
}

struct BacktestArguments {
  std::vector<std::string> bugs;
  std::string file, out = "out/backtest";
  std::vector<std::string> own_cases;
  std::uint64_t times = 1, seed = 1;
  unsigned jobs = 0;
  bool list = false;
};

ExitCode list_bugs(const std::vector<Bug>& bugs) {
  std::size_t width = 0;
  for (const Bug& bug : bugs) width = std::max(width, bug.name.size());
  for (const Bug& bug : bugs)
    fmt::print("{:<{}}  {} {} {} → {}: {}\n", bug.name, width, language_of(bug),
               bug.package ? bug.package->name : "-", bug.bad, bug.good, bug.title);
  return ExitCode::ok;
}

// The bugs that can be played, with both sides; outcomes of those that cannot.
struct Attached {
  std::vector<Bug> bugs;
  std::vector<Sides> sides;
  std::vector<BugOutcome> rest;
};
Attached attach(const std::vector<Bug>& bugs) {
  Attached out;
  for (const Bug& bug : bugs) {
    if (backtest_interrupted) break;
    if (!bug.not_attached.empty()) {
      out.rest.push_back(not_attached(bug, bug.not_attached));
      continue;
    }
    auto sides = install_sides(bug, [](const std::string& line) { fmt::print(stderr, "assay: {}\n", line); });
    if (!sides) {
      out.rest.push_back(not_attached(bug, sides.error().text()));
      continue;
    }
    out.bugs.push_back(bug);
    out.sides.push_back(std::move(*sides));
  }
  return out;
}

std::vector<ClientSpec> clients_in(const std::vector<Sides>& sides) {
  std::vector<ClientSpec> out;
  for (const Sides& one : sides) {
    out.push_back(one.bad);
    out.push_back(one.good);
  }
  return out;
}

// Why this machine cannot compress time for these plays; empty when it can, or none asks for it.
std::string no_case_time(const std::vector<PlannedCase>& plays) {
  casetime::Rate fastest;
  for (const PlannedCase& planned : plays) fastest = std::max(fastest, wanted_rate(planned));
  if (fastest.natural()) return {};
  const SelfCheck check = check_case_time(fastest);
  return check.wrong.empty() ? "" : "time cannot be compressed here: " + check.wrong.front();
}

ExitCode exit_of_backtest(const std::vector<BugOutcome>& outcomes) {
  ExitCode out = ExitCode::ok;
  for (const BugOutcome& one : outcomes) {
    if (one.finding == BugVerdict::could_not_run) return ExitCode::incomplete;
    if (one.finding != BugVerdict::found) out = ExitCode::failed;
  }
  return out;
}

// Everybody in the order of the file, whether played or not.
std::vector<BugOutcome> in_order(const std::vector<Bug>& bugs, std::vector<BugOutcome> outcomes) {
  std::vector<BugOutcome> out;
  for (const Bug& bug : bugs) {
    for (BugOutcome& one : outcomes)
      if (one.bug.name == bug.name) out.push_back(std::move(one));
  }
  return out;
}

Result<std::vector<BugOutcome>> play_into(const RunFolder& folder, Attached attached,
                                          const std::vector<Case>& cases, BacktestOptions options,
                                          const std::vector<std::string>& command) {
  const auto clients = clients_in(attached.sides);
  const auto cells = choose_cells(CellWish::wanted, clients, process::cells_available);
  if (!cells) return tl::unexpected(cells.error());
  options.execute.cells = cells->cells;
  auto plan = plan_backtest(std::move(attached.bugs), std::move(attached.sides), cases, options);
  if (!plan) return tl::unexpected(plan.error());
  if (const std::string why = no_case_time(plan->plays); !why.empty()) {
    for (PlannedCase& planned : plan->plays) planned.not_timed = why;
  }
  RunArguments arguments;
  arguments.seed = options.seed;
  auto writer =
      RecordWriter::open(folder.record(), header_of(arguments, command, plan->plays, clients, *cells));
  if (!writer) return tl::unexpected(writer.error());
  const SystemClock clock;
  std::size_t played = 0;
  std::optional<Error> write_error;
  auto outcomes = play_backtest(*plan, options, [&](const CaseLine& line) {
    if (auto written = (*writer)->append(line.record); !written) write_error = written.error();
    if (++played % 40 == 0) fmt::print(stderr, "assay: {} of {} played\n", played, plan->plays.size());
  });
  if (write_error) return tl::unexpected(*write_error);
  if (!outcomes) return outcomes;
  const ExitCode code = exit_of_backtest(*outcomes);
  if (auto done = (*writer)->finish(static_cast<int>(code), clock.now().count()); !done)
    return tl::unexpected(done.error());
  const auto record = read_record(folder.record());
  if (!record) return tl::unexpected(record.error());
  if (auto done = folder.write_reports(*record); !done) return tl::unexpected(done.error());
  return outcomes;
}

ExitCode backtest(const BacktestArguments& arguments, const std::vector<std::string>& command) {
  const auto data = data_folder();
  if (!data) return say(data.error());
  const std::string file = arguments.file.empty() ? *data + "/conformance/backtest.yaml" : arguments.file;
  const auto all = load_bugs(file);
  if (!all) return say(all.error());
  const auto bugs = bugs_named(*all, arguments.bugs);
  if (!bugs) return say(bugs.error());
  if (arguments.list) return list_bugs(*bugs);
  const auto choice = choose_cases(*data, {}, arguments.own_cases);
  if (!choice) return say(choice.error());
  if (auto ok = check_bugs(*bugs, choice->cases, file); !ok) return say(ok.error());
  const auto folder = RunFolder::take(arguments.out);
  if (!folder) return say(folder.error());

  BacktestOptions options;
  options.execute.data_folder = *data;
  options.execute.jobs =
      arguments.jobs != 0 ? arguments.jobs : std::max(1U, std::thread::hardware_concurrency());
  options.execute.interrupted = &backtest_interrupted;
  options.seed = arguments.seed;
  options.times = static_cast<unsigned>(arguments.times);
  for (const std::string& path : arguments.own_cases)
    options.arguments.insert(options.arguments.end(), {"--cases", path});
  struct sigaction on_signal {};
  on_signal.sa_handler = on_backtest_signal;
  sigaction(SIGINT, &on_signal, nullptr);
  sigaction(SIGTERM, &on_signal, nullptr);

  Attached attached = attach(*bugs);
  std::vector<BugOutcome> outcomes = std::move(attached.rest);
  if (!attached.bugs.empty() && !backtest_interrupted) {
    auto played = play_into(*folder, std::move(attached), choice->cases, options, command);
    if (!played && !backtest_interrupted) return say(played.error(), ExitCode::incomplete);
    if (played) outcomes.insert(outcomes.end(), played->begin(), played->end());
  }
  if (backtest_interrupted) {
    fmt::print(stderr, "assay: interrupted\n");
    return ExitCode::interrupted;
  }
  outcomes = in_order(*bugs, std::move(outcomes));
  const std::string shown = "assay " + shell_line({command.begin() + 1, command.end()});
  const std::string markdown = arguments.out + "/backtest.md", html = arguments.out + "/backtest.html";
  for (const auto& [path, text] : {std::pair{markdown, render_backtest_markdown(outcomes, shown)},
                                   std::pair{html, render_backtest_html(outcomes, shown)}}) {
    if (auto written = write_file_atomically(path, text); !written)
      return say(written.error(), ExitCode::incomplete);
  }
  fmt::print("{}\ntable   {}\npage    {}\nrecord  {}\n",
             render_backtest_console(outcomes,
                                     static_cast<std::size_t>(reports::console_style(STDOUT_FILENO).width)),
             markdown, html, folder->record());
  return exit_of_backtest(outcomes);
}

}  // namespace

void add_backtest(CLI::App& app, Action& action, const std::vector<std::string>& command) {
  auto arguments = std::make_shared<BacktestArguments>();
  CLI::App* verb = app.add_subcommand(
      "backtest", "Play bugs of published versions: red on the bad version, green on the good one");
  verb->add_option("bug", arguments->bugs, "Names or globs of bugs; all of them without any")
      ->type_name("NAME");
  verb->add_option("--file", arguments->file, "Bugs of your own (default: conformance/backtest.yaml)")
      ->type_name("FILE");
  add_values(*verb, "--cases", arguments->own_cases,
             "Case files of your own that the bugs name; may be repeated", "PATH");
  verb->add_option("--times", arguments->times, "Play every bug N times; it is found when each shows it")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_option("--out", arguments->out, "Output folder for backtest.md, backtest.html and the run record")
      ->type_name("DIR")
      ->capture_default_str();
  verb->add_option("--seed", arguments->seed, "Seed for every random choice")->capture_default_str();
  verb->add_option("-j,--jobs", arguments->jobs, "Number of parallel cells (default: the number of CPUs)");
  verb->add_flag("--list", arguments->list, "Show the bugs, and play none");
  verb->callback([arguments, command, &action] {
    action = [arguments, command] { return backtest(*arguments, command); };
  });
}

}  // namespace assay::cli
