// assay repro: a race by name, made to happen, with a timeline of both sides.
#include "cli/repro.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <optional>
#include <thread>

#include "cli/client_choice.h"
#include "cli/run_folder.h"
#include "cli/say.h"
#include "cli/verbs.h"
#include "conformance/runner/case/data.h"
#include "conformance/runner/play/cell_choice.h"
#include "conformance/runner/play/machinery.h"
#include "harness/base/shell_words.h"
#include "harness/base/text.h"
#include "reports/console.h"

namespace assay::cli {
namespace {

using namespace conformance;

constexpr std::uint64_t kUntilFail = 1000;

std::atomic<bool> repro_interrupted{false};
extern "C" void on_repro_signal(int /*number*/) {
  repro_interrupted = true;
}

// What a client is asked in a race: "login, chat".
std::string asked_in(const Case& one) {
  std::vector<std::string> out;
  const auto add = [&](const Operation& operation) {
    if (std::find(out.begin(), out.end(), operation.op) == out.end()) out.push_back(operation.op);
  };
  for (const Step& step : one.steps) {
    if (const auto* plain = std::get_if<Step::Do>(&step.action)) add(plain->operation);
    if (const auto* started = std::get_if<Step::Start>(&step.action)) add(started->operation);
    if (const auto* again = std::get_if<Step::Repeat>(&step.action)) add(again->operation);
    if (const auto* all = std::get_if<Step::Parallel>(&step.action)) {
      for (const Operation& operation : all->operations) add(operation);
    }
  }
  return fmt::format("{}", fmt::join(out, ", "));
}

ExitCode list_races(const std::vector<Race>& races, const std::string& data_folder) {
  const auto cases = load_checked_cases(data_folder);
  if (!cases) return say(cases.error());
  std::size_t width = 0;
  for (const Race& race : races) width = std::max(width, race.name.size());
  for (const Race& race : races) {
    fmt::print("{:<{}}  {}\n", race.name, width, race.title);
    const auto one = staged(race, *cases, {true, nullptr});
    if (!one) return say(one.error());
    fmt::print("{:<{}}  provider {}; the client is asked to {}{}\n", "", width,
               one->world.value("provider", "worldrouter"), asked_in(*one),
               one->given.contains("store") ? "; it begins logged in (auth.json)" : "");
  }
  fmt::print("\nassay repro NAME -- COMMAND... plays one against a program of yours (docs/repro.md).\n");
  return ExitCode::ok;
}

bool color_wanted() {
  return reports::console_style(STDOUT_FILENO).color;
}

std::string seconds_text(Micros time) {
  return fmt::format("{:.1f} s", static_cast<double>(time.count()) / 1e6);
}

ExitCode play_times(const Stage& stage, const ReproArguments& arguments, const RunFolder* folder) {
  const std::uint64_t times = arguments.times != 0 ? arguments.times : arguments.until_fail ? kUntilFail : 1;
  std::vector<nlohmann::json> schedules(times);
  if (arguments.schedule == kOldest) {
    schedules.assign(times, {{"rest", "oldest"}});
  } else if (!arguments.schedule.empty()) {
    schedules.assign(times, {{"choices", arguments.schedule}});
  }
  const SystemClock clock;
  const auto plays = stage.play(schedules, [&](const Play& play) {
    return (arguments.until_fail && play.broke) || !play.cannot.empty();
  });
  const Micros took = clock.now();
  if (!plays) return say(plays.error(), ExitCode::incomplete);
  const auto keep = [&](ExitCode code) {
    if (folder == nullptr) return code;
    if (auto written = write_plays(*folder, *plays, stage.client(), arguments, code, took); !written)
      return say(written.error(), ExitCode::incomplete);
    fmt::print("record  {}\nreport  {}\n", folder->record(), folder->html());
    return code;
  };
  if (repro_interrupted) return keep(ExitCode::interrupted);
  std::uint64_t broke = 0, first = 0, misfits = 0, elsewhere = 0;
  const Play* shown = nullptr;
  const Play* other = nullptr;
  for (std::size_t i = 0; i < plays->size(); ++i) {
    const Play& play = (*plays)[i];
    if (!play.cannot.empty()) {
      print_play(stage.race(), play);
      return keep(say({play.cannot, {}, 0}, ExitCode::incomplete));
    }
    if (!play.misfit.empty()) ++misfits;
    if (!play.elsewhere.empty() && ++elsewhere == 1) other = &play;
    if (play.broke && ++broke == 1) {
      shown = &play;
      first = i + 1;
    }
  }
  if (shown == nullptr) shown = other != nullptr ? other : &plays->back();
  print_play(stage.race(), *shown);
  fmt::print("\n{} showed in {} of {} plays, {}", stage.race().name, broke, plays->size(),
             seconds_text(took));
  fmt::print("{}\n", broke > 0 && plays->size() > 1 ? fmt::format("; the first was number {}", first) : "");
  if (misfits > 0)
    fmt::print(
        "the schedule did not fit {} of them: {}\n", misfits,
        std::find_if(plays->begin(), plays->end(), [](const Play& p) { return !p.misfit.empty(); })->misfit);
  if (other != nullptr) print_elsewhere(stage.race(), elsewhere, *other);
  if (broke > 0) fmt::print("\n{}\n", stage.race().advice);
  if (broke == 0 && other != nullptr) return keep(ExitCode::incomplete);
  return keep(broke > 0 ? ExitCode::failed : ExitCode::ok);
}

ExitCode repro(ReproArguments arguments) {
  const auto data = data_folder();
  if (!data) return say(data.error());
  const auto races = load_races(*data);
  if (!races) return say(races.error());
  const auto words = adapter_words(arguments.adapter, [&](const std::string& word) {
    return std::any_of(races->begin(), races->end(), [&](const Race& race) { return race.name == word; });
  });
  if (!words) return say(words.error());
  std::vector<std::string> rest = words->rest;
  arguments.adapter = words->argv;
  if (arguments.race.empty() && !rest.empty()) {
    arguments.race = rest.front();
    rest.erase(rest.begin());
  }
  if (!rest.empty()) return say({"unexpected \"" + rest.front() + "\"" + adapter_hint(*words), {}, 0});
  if (arguments.race.empty()) return list_races(*races, *data);
  auto race = race_named(*races, arguments.race);
  if (!race) return say(race.error());
  if (!arguments.provider.empty()) {
    const bool path = arguments.provider.find('/') != std::string::npos;
    race->patch["world"]["provider"] =
        path ? std::filesystem::absolute(arguments.provider).lexically_normal().string() : arguments.provider;
  }
  std::optional<RunFolder> folder;
  if (!arguments.out.empty()) {
    auto taken = RunFolder::take(arguments.out);
    if (!taken) return say(taken.error());
    folder = std::move(*taken);
  }
  if (const auto choices = parse_choices(arguments.schedule); !choices && arguments.schedule != kOldest)
    return say({"--schedule: " + choices.error().message, {}, 0});
  if (arguments.explore != 0 && !arguments.schedule.empty())
    return say(
        {"--explore and --schedule exclude each other: one looks for a schedule, the other has it", {}, 0});
  auto client = client_under_test(arguments.client, arguments.adapter, arguments.command);
  if (!client) return say(client.error());
  client->narrate = true;
  auto cases = load_checked_cases(*data);
  if (!cases) return say(cases.error());

  ExecuteOptions options;
  options.data_folder = *data;
  options.jobs = arguments.jobs != 0 ? arguments.jobs : 2 * std::max(1U, std::thread::hardware_concurrency());
  options.interrupted = &repro_interrupted;
  if (!arguments.time.empty()) {
    const auto rate = casetime::parse_rate(arguments.time);
    if (!rate) return say({"--time: " + rate.error().message, {}, 0});
    options.time = *rate;
  }
  const auto choice = choose_cells(arguments.no_cells ? CellWish::unwanted : CellWish::wanted, {*client},
                                   process::cells_available);
  if (!choice) return say(choice.error(), ExitCode::incomplete);
  options.cells = choice->cells;
  arguments.without_cells = choice->without;
  if (options.cells && client->without_cell) arguments.without_cells = "its client file says cells: none";
  if (!arguments.without_cells.empty())
    fmt::print(stderr, "assay: {} runs outside of a cell, with your rights, one play after the other: {}\n",
               client->name, arguments.without_cells);
  const auto stage = Stage::make(*race, std::move(*cases), std::move(*client), options, arguments.seed);
  if (!stage) return say(stage.error());
  struct sigaction action {};
  action.sa_handler = on_repro_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  if (arguments.explore != 0) return explore_schedules(*stage, arguments);
  return play_times(*stage, arguments, folder ? &*folder : nullptr);
}

}  // namespace

void print_play(const Race& race, const Play& play) {
  fmt::print("{}: {}\n\n", race.name, race.title);
  TimelineStyle style;
  style.color = color_wanted();
  const Timeline timeline = render_timeline(play.record, {race.line, race.line_says}, style);
  fmt::print("{}\n", timeline.text);
  for (const auto& check : play.record.checks) {
    if (check.ok) {
      fmt::print("holds  {}\n", check.name);
    } else {
      fmt::print("FAILS  {}: {}\n", check.name, check.observed);
    }
  }
}

void print_elsewhere(const Race& race, std::uint64_t times, const Play& play) {
  fmt::print("{} did not come about in {} play{}: nothing in the journal fits \"{}\". What failed is {}\n",
             race.name, times, times == 1 ? "" : "s", race.line_text, play.elsewhere);
}

std::string repro_command(const ReproArguments& arguments) {
  std::string out = "assay repro " + arguments.race;
  if (!arguments.client.empty()) out += " --client " + shell_word(arguments.client);
  if (!arguments.adapter.empty()) out += " --adapter " + shell_word(shell_line(arguments.adapter));
  if (!arguments.provider.empty()) out += " --provider " + shell_word(arguments.provider);
  if (arguments.no_cells) out += " --no-cells";
  return out;
}

void add_repro(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<ReproArguments>();
  CLI::App* verb = app.add_subcommand(
      "repro", "Reproduce a race and show the timeline of both sides; without a name, list the races");
  verb->add_option("race", arguments->race, "Name of the race")->type_name("NAME");
  verb->add_option(
          "command", arguments->command,
          "Program and arguments after --; it runs in a cell, once per step, {op} is replaced by the step: "
          "login, chat, refresh, logout")
      ->type_name("COMMAND");
  add_client_options(*verb, arguments->client, arguments->adapter);
  verb->add_option("--provider", arguments->provider,
                   "Your own provider descriptor (docs/adapter-protocol.md) instead of the race's")
      ->type_name("FILE");
  auto* out = verb->add_option("--out", arguments->out,
                               "Write the plays as run.jsonl, report.html and junit.xml into this folder")
                  ->type_name("DIR");
  verb->add_option("--times", arguments->times, "Run the race N times and report how often it occurred")
      ->check(CLI::PositiveNumber);
  verb->add_flag("--until-fail", arguments->until_fail,
                 "Stop at the first run in which the race occurs (at most 1000 runs, or --times)");
  verb->add_option("--explore", arguments->explore,
                   "Try N orders of the responses and minimize the one that breaks the client")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->excludes(out);
  verb->add_flag("--asleep", arguments->asleep,
                 "With --explore: delay each response by a random time instead, for comparison");
  verb->add_option("--schedule", arguments->schedule,
                   "Repeat one order, as --explore prints it; \"oldest\" is the plain one")
      ->type_name("TEXT");
  verb->add_option("--seed", arguments->seed, "Seed for random choices")->capture_default_str();
  verb->add_option("-j,--jobs", arguments->jobs,
                   "Number of parallel runs (default: twice the number of CPUs)");
  verb->add_option("--time", arguments->time, "Run the client and the case N times as fast")->type_name("xN");
  verb->add_flag("--no-cells", arguments->no_cells,
                 "Run without cells, on the ports of this machine, one run at a time");
  verb->callback([arguments, &action] { action = [arguments] { return repro(*arguments); }; });
}

}  // namespace assay::cli
