// What the files of `assay repro` share.
#pragma once

#include <string>
#include <vector>

#include "conformance/runner/play/stage.h"
#include "conformance/runner/race/timeline.h"
#include "harness/base/exit_code.h"

namespace assay::cli {

// --schedule of the plain order: the oldest answer first, always.
inline constexpr const char* kOldest = "oldest";

struct ReproArguments {
  std::string race;
  std::vector<std::string> command;
  std::string client;
  std::vector<std::string> adapter;
  std::uint64_t times = 0;  // 0 = once, or with until_fail as often as it takes
  bool until_fail = false;
  std::uint64_t explore = 0;
  bool asleep = false;
  std::string schedule;
  std::uint64_t seed = 1;
  unsigned jobs = 0;
  bool no_cells = false;
  std::string without_cells;  // found out: why the client runs outside; empty = it runs in a cell
  std::string provider;       // a descriptor other than that of the race's case; empty = that one
  std::string out;            // folder for the record and the reports of the plays; empty = none
  std::string time;
};

// Prints the timeline of a play and what it shows.
void print_play(const conformance::Race& race, const conformance::Play& play);
class RunFolder;
// Writes the plays as a run record, and the reports of it.
Result<void> write_plays(const RunFolder& folder, const std::vector<conformance::Play>& plays,
                         const conformance::ClientSpec& client, const ReproArguments& arguments,
                         ExitCode code, Micros took);
// Says that a race did not come about, and what failed instead in the first such play of `times`.
void print_elsewhere(const conformance::Race& race, std::uint64_t times, const conformance::Play& play);
// "assay repro NAME --client X": how this client was named on the command line.
std::string repro_command(const ReproArguments& arguments);
// Tries schedules, prints those that break it, and says what they took.
ExitCode explore_schedules(const conformance::Stage& stage, const ReproArguments& arguments);

}  // namespace assay::cli
