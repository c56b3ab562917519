// Race: a bug of timing under a name, made to happen at the first try. A file of conformance/races names the
// case that makes it happen and says where to look and what to do. `assay repro` plays it. Values; copy
// freely.
//
//   race: eagain                                 the name of the file
//   case: worldrouter/login/callback-request-late
//   patch: {browser: {split: 7}}                 merged into that case; null takes something out
//   program: {do: [{login: {as: L}}]}            merged too, where the client is any program
//   (program_client.h) mutant: nonblocking-callback-reader          a client that has it shows: done the
//   check that fails when it shows line: {find: "browser action GET*", says: "…"}   the entry of the journal
//   that matters, and why advice: Two sentences. schedule: "auth.token.2/2"                   the order of
//   answers in which it shows (schedule.h) hold: [POST /token]                          whose answers are put
//   in order; else Scheduler::by_default
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "conformance/runner/case/case.h"
#include "conformance/runner/judge/journal_query.h"

namespace assay::conformance {

struct Race {
  std::string name, title, case_id, mutant, shows, advice, schedule;
  nlohmann::json patch = nlohmann::json::object();
  nlohmann::json program = nlohmann::json::object();
  nlohmann::json hold = nlohmann::json::array();
  JournalQuery line;
  std::string line_text;  // as the file has it
  std::string line_says;
  std::string file;
};

// Fails with file and line: an unknown key, a line or a schedule that cannot be read.
Result<Race> parse_race(std::string_view yaml, const std::string& file);
// Every file of conformance/races by name. Fails when one is wrong or not named as its file.
Result<std::vector<Race>> load_races(const std::string& data_folder);
// By name; an unknown one is an error that names those that are near.
Result<Race> race_named(const std::vector<Race>& races, const std::string& name);

// How its case is played this time.
struct Staging {
  bool program = false;               // the client is any program
  nlohmann::json schedule = nullptr;  // instead of the race's own (parse_schedule); null = that one
};
// The case of a race, under the id "race/NAME". Fails when there is no such case or it cannot be patched so.
Result<Case> staged(const Race& race, const std::vector<Case>& cases, const Staging& staging);

}  // namespace assay::conformance
