// assay repro --explore: tries orders of the answers, shrinks those that break the client, and says what it
// took.
#include <fmt/format.h>
#include <unistd.h>

#include <map>

#include "cli/repro.h"
#include "cli/say.h"
#include "conformance/runner/race/explore.h"
#include "harness/base/shell_words.h"

namespace assay::cli {
namespace {

using namespace conformance;

// A shrunk schedule, and how often it was met.
struct Find {
  Shrunk shrunk;
  std::uint64_t number = 0;  // of the schedule that found it first
  std::uint64_t times = 1;
};

bool begins_with(const std::vector<Fallen>& trace, const std::vector<Choice>& choices) {
  return choices.size() <= trace.size() &&
         std::equal(choices.begin(), choices.end(), trace.begin(),
                    [](const Choice& choice, const Fallen& fallen) { return choice == fallen.choice; });
}

std::string in_seconds(Micros time) {
  return fmt::format("{:.1f} s", static_cast<double>(time.count()) / 1e6);
}

void print_find(const std::string& text, const Find& find, const ReproArguments& arguments) {
  const Play& play = find.shrunk.play;
  const std::string why = play.failed.empty() ? play.record.reason : play.failed + ": " + play.record.reason;
  fmt::print("\nbreaks   {}\n", why);
  fmt::print(
      "found    by schedule number {}; met {} time{}; shrunk to {} choice{} that matter{} in {} more plays\n",
      find.number, find.times, find.times == 1 ? "" : "s", find.shrunk.departures,
      find.shrunk.departures == 1 ? "" : "s", find.shrunk.departures == 1 ? "s" : "", find.shrunk.plays);
  for (std::size_t i = 0; i < find.shrunk.choices.size(); ++i) {
    const Fallen& fallen = play.trace[i];
    std::string others;
    for (const std::string& one : fallen.pending)
      if (one != fallen.choice.answer) others += (others.empty() ? "" : ", ") + one;
    fmt::print("{:>8}  {}{}{}\n", i + 1, fallen.choice.answer, others.empty() ? "" : " before " + others,
               fallen.choice.delay.count() > 0 ? ", " + format_duration(fallen.choice.delay) + " late" : "");
  }
  std::string command = repro_command(arguments) + " --schedule '" + (text.empty() ? kOldest : text) + "'";
  if (!arguments.command.empty()) command += " -- " + shell_line(arguments.command);
  fmt::print("repeat   {}\n", command);
}

}  // namespace

ExitCode explore_schedules(const Stage& stage, const ReproArguments& arguments) {
  ExploreOptions options;
  options.budget = arguments.explore;
  options.seed = arguments.seed;
  options.asleep = arguments.asleep;
  Explorer explorer(options);
  const SystemClock clock;
  std::map<std::string, Find> finds;
  std::uint64_t broke = 0, first = 0, elsewhere = 0;
  Play other;
  const bool live = isatty(STDERR_FILENO) != 0;
  const auto once = [&](const std::vector<Choice>& choices) -> Result<Play> {
    auto played = stage.play({{{"choices", to_text(choices)}}});
    if (!played) return tl::unexpected(played.error());
    if (played->empty()) return fail("interrupted");
    return std::move(played->front());
  };
  const std::size_t round = arguments.jobs != 0 ? arguments.jobs : 4;
  for (bool going = true; going;) {
    const auto schedules = explorer.next(explorer.count() == 0 ? 2 : 2 * round);
    if (schedules.empty()) break;
    const auto plays = stage.play(schedules);
    if (!plays) return say(plays.error(), ExitCode::incomplete);
    if (plays->size() < schedules.size()) return ExitCode::interrupted;
    for (const Play& play : *plays) {
      if (!play.cannot.empty()) return say({play.cannot, {}, 0}, ExitCode::incomplete);
      explorer.tried(play);
      if (!play.elsewhere.empty() && ++elsewhere == 1) other = play;
      if (!play.broke) continue;
      if (++broke == 1) first = explorer.count();
      if (arguments.asleep) {
        going = going && !arguments.until_fail;
        continue;
      }
      const auto known = std::find_if(finds.begin(), finds.end(), [&](const auto& find) {
        return begins_with(play.trace, find.second.shrunk.choices);
      });
      if (known != finds.end()) {
        ++known->second.times;
        continue;
      }
      auto shrunk = shrink(play, once);
      if (!shrunk) return say(shrunk.error(), ExitCode::incomplete);
      const std::string text = to_text(shrunk->choices);
      const auto [at, fresh] = finds.try_emplace(text, Find{std::move(*shrunk), explorer.count(), 1});
      if (!fresh) ++at->second.times;
      if (arguments.until_fail) going = false;
    }
    if (live) fmt::print(stderr, "\r\033[K{} schedules tried, {} break it", explorer.count(), broke);
  }
  if (live) fmt::print(stderr, "\r\033[K");
  fmt::print("{}: {} of {} {} break{} it{}; {}{}\n", stage.race().name, broke, explorer.count(),
             arguments.asleep ? "plays with random sleeps" : "schedules", broke == 1 ? "s" : "",
             broke == 0 ? "" : fmt::format(", the first is number {}", first), in_seconds(clock.now()),
             explorer.exhausted() ? "; there are no others" : "");
  for (const auto& [text, find] : finds) print_find(text, find, arguments);
  if (elsewhere > 0) print_elsewhere(stage.race(), elsewhere, other);
  if (broke > 0) fmt::print("\n{}\n", stage.race().advice);
  if (broke == 0 && elsewhere > 0) return ExitCode::incomplete;
  return broke > 0 ? ExitCode::failed : ExitCode::ok;
}

}  // namespace assay::cli
