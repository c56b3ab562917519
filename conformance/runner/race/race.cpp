#include "conformance/runner/race/race.h"

#include <algorithm>
#include <filesystem>

#include "harness/base/text.h"
#include "harness/base/yaml.h"
#include "harness/world/schedule.h"

namespace assay::conformance {
namespace {

using nlohmann::json;

json map_at(ObjectReader& reader, const char* key) {
  const auto found = reader.maybe_object(key);
  if (!found) return json::object();
  reader.raw(key);
  return found->value();
}

}  // namespace

Result<Race> parse_race(std::string_view yaml, const std::string& file) {
  const auto document = load_yaml(yaml, file);
  if (!document) return tl::unexpected(document.error());
  std::vector<Error> problems;
  ObjectReader in(*document, problems);
  Race out;
  out.file = file;
  out.name = in.required<std::string>("race");
  out.title = in.required<std::string>("title");
  out.case_id = in.required<std::string>("case");
  out.mutant = in.required<std::string>("mutant");
  out.shows = in.required<std::string>("shows");
  out.advice = in.required<std::string>("advice");
  out.schedule = in.optional<std::string>("schedule");
  out.patch = map_at(in, "patch");
  out.program = map_at(in, "program");
  if (const json* hold = in.raw("hold")) out.hold = *hold;
  ObjectReader line = in.object("line");
  out.line_text = line.required<std::string>("find");
  out.line_says = line.required<std::string>("says");
  if (auto query = parse_query(out.line_text)) {
    out.line = std::move(*query);
  } else {
    line.problem("find", query.error().message);
  }
  line.done();
  if (auto choices = parse_choices(out.schedule); !choices) in.problem("schedule", choices.error().message);
  const std::string stem = std::filesystem::path(file).stem().string();
  if (!out.name.empty() && out.name != stem)
    in.problem("race", "expected \"" + stem + "\", the name of its file");
  in.done();
  if (auto ok = first_problem(problems); !ok) return tl::unexpected(ok.error());
  return out;
}

Result<std::vector<Race>> load_races(const std::string& data_folder) {
  const std::string folder = data_folder + "/conformance/races";
  std::error_code error;
  std::vector<std::string> files;
  for (auto it = std::filesystem::directory_iterator(folder, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    if (it->path().extension() == ".yaml") files.push_back(it->path().string());
  }
  if (error) return fail("cannot list the races: " + error.message(), folder);
  std::sort(files.begin(), files.end());
  std::vector<Race> out;
  for (const std::string& file : files) {
    auto race = read_file(file).and_then([&](const std::string& text) { return parse_race(text, file); });
    if (!race) return tl::unexpected(race.error());
    out.push_back(std::move(*race));
  }
  if (out.empty()) return fail("no race file (*.yaml) here", folder);
  return out;
}

Result<Race> race_named(const std::vector<Race>& races, const std::string& name) {
  std::vector<std::string> names;
  for (const Race& race : races) {
    if (race.name == name) return race;
    names.push_back(race.name);
  }
  return fail(unknown_word("race", name, names));
}

Result<Case> staged(const Race& race, const std::vector<Case>& cases, const Staging& staging) {
  const auto found =
      std::find_if(cases.begin(), cases.end(), [&](const Case& one) { return one.id == race.case_id; });
  if (found == cases.end()) return fail("there is no case " + race.case_id, race.file);
  json source = found->source;
  source.merge_patch(race.patch);
  if (staging.program) source.merge_patch(race.program);
  if (!staging.schedule.is_null()) {
    source["world"]["schedule"] = staging.schedule;
  } else if (!race.schedule.empty()) {
    source["world"]["schedule"]["choices"] = race.schedule;
  }
  if (source.contains("world") && source["world"].contains("schedule") && !race.hold.empty())
    source["world"]["schedule"]["hold"] = race.hold;
  source["proven_by"] = json::object();
  const Document document{std::move(source), {}, race.file};
  auto one = parse_case(document, "race", "race/" + race.name);
  if (!one) return one;
  const bool judged = std::any_of(one->checks.begin(), one->checks.end(),
                                  [&](const Check& check) { return check.name == race.shows; });
  if (!judged) return fail("shows: the case has no check \"" + race.shows + "\"", race.file);
  return one;
}

}  // namespace assay::conformance
